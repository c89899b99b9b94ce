#include "specs/discovery.h"

#include <array>
#include <cerrno>
#include <filesystem>

#include "specs/service.h"
#include "specs/source_files.h"
#include "specs/text.h"

namespace stack {
namespace {

namespace fs = std::filesystem;

constexpr std::array kNames = {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"};
constexpr std::array kOverrides = {"compose.override.yaml", "compose.override.yml",
                                   "docker-compose.override.yaml", "docker-compose.override.yml"};

std::string absolute(const std::string& path, const std::string& directory) {
  if (path == "-") return path;
  Surroundings from;
  from.project_directory = directory;
  // The shell has expanded what it wanted to; a "~" is a name here.
  return absolute_path(path.starts_with('~') ? "./" + path : path, from);
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = separator.empty() ? std::string::npos : text.find(separator, from);
    const std::string part = text.substr(from, end == std::string::npos ? end : end - from);
    if (!part.empty()) parts.push_back(part);
    if (end == std::string::npos) break;
    from = end + separator.size();
  }
  return parts;
}

std::string value_of(const std::map<std::string, std::string>& variables, const std::string& name) {
  const auto it = variables.find(name);
  return it == variables.end() ? "" : it->second;
}

Lookup lookup_in(const std::map<std::string, std::string>& variables) {
  return [&variables](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  };
}

// The first folder from `directory` upwards that has a file of one of the usual names.
std::vector<std::string> search(const std::string& directory, Diagnostics& diagnostics) {
  for (fs::path folder = directory;; folder = folder.parent_path()) {
    std::vector<std::string> found;
    for (const char* name : kNames) {
      if (is_source_file((folder / name).string())) found.push_back((folder / name).string());
    }
    if (found.size() > 1) {
      diagnostics.warning({{display_path(found[0], directory), 0, 0}}, FaultCode::unread_file,
                          "\"" + found[1] + "\" is there too and is not read");
    }
    if (!found.empty()) {
      found.resize(1);
      for (const char* name : kOverrides) {
        if (found.size() == 1 && is_source_file((folder / name).string()))
          found.push_back((folder / name).string());
      }
      return found;
    }
    if (folder == folder.parent_path()) return {};
  }
}

class Discovery {
 public:
  Discovery(const LoadOptions& options, Diagnostics& diagnostics)
      : options_(options), diagnostics_(diagnostics) {}

  Result<Project> run() {
    Project project;
    if (!options_.project_directory.empty())
      project.directory = absolute(options_.project_directory, options_.directory);
    TRY(choose_files(project));
    if (project.directory.empty()) {
      const std::string& first = project.files.front();
      project.directory = first == "-" ? options_.directory : fs::path(first).parent_path().string();
    }
    TRY(read_env_files(project.directory));
    project.env_files = std::move(env_files_);
    project.environment = options_.environment;
    project.environment.insert(variables_.begin(), variables_.end());
    project.variables = std::move(variables_);
    project.lines = std::move(lines_);
    std::erase_if(project.lines,
                  [this](const auto& line) { return options_.environment.contains(line.first); });
    return project;
  }

 private:
  Result<void> choose_files(Project& project) {
    std::vector<std::string> named = options_.files;
    if (named.empty()) {
      std::string list = value_of(options_.environment, "COMPOSE_FILE");
      std::string separator = value_of(options_.environment, "COMPOSE_PATH_SEPARATOR");
      if (list.empty()) {
        // The .env here may name the files; one that does counts for the variables too.
        const std::string here = project.directory.empty() ? options_.directory : project.directory;
        std::map<std::string, std::string> before = variables_;
        Diagnostics unsaid;
        TRY(read_env_file(fs::path(here) / ".env", false, unsaid));
        list = value_of(variables_, "COMPOSE_FILE");
        if (separator.empty()) separator = value_of(variables_, "COMPOSE_PATH_SEPARATOR");
        if (list.empty()) variables_ = std::move(before);
        if (list.empty()) env_files_.clear();
      }
      named = split(list, separator.empty() ? ":" : separator);
    }
    for (const std::string& name : named) project.files.push_back(absolute(name, options_.directory));
    if (!project.files.empty()) return {};
    const std::string& from = project.directory.empty() ? options_.directory : project.directory;
    project.files = search(from, diagnostics_);
    if (!project.files.empty()) return {};
    return Error{
        kNoStackFile,
        "find a stack file: no compose.yaml, compose.yml, docker-compose.yaml or docker-compose.yml in \"" +
            from + "\" or above"};
  }

  Result<void> read_env_files(const std::string& project_directory) {
    std::vector<std::string> named = options_.env_files;
    if (named.empty()) named = split(value_of(options_.environment, "COMPOSE_ENV_FILES"), ",");
    if (named.empty()) return read_env_file(fs::path(project_directory) / ".env", false, diagnostics_);
    for (const std::string& name : named)
      TRY(read_env_file(absolute(name, options_.directory), true, diagnostics_));
    return {};
  }

  Result<void> read_env_file(const fs::path& path, bool required, Diagnostics& diagnostics) {
    if (!required && !is_source_file(path.string())) return {};
    const auto text = read_source(path.string());
    if (!text) return os_error("read env file \"" + path.string() + "\"");
    read_dotenv({display_path(path.string(), options_.directory), *text}, lookup_in(options_.environment),
                diagnostics, variables_, &lines_);
    if (env_files_.empty() || env_files_.back() != path) env_files_.push_back(path.string());
    return {};
  }

  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::string> variables_;
  VariableLines lines_;
  std::vector<std::string> env_files_;
};

}  // namespace

Result<Project> discover(const LoadOptions& options, Diagnostics& diagnostics) {
  return Discovery(options, diagnostics).run();
}

bool is_project_name(const std::string& name) {
  return !name.empty() && name.front() != '_' && name.front() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

std::string normal_project_name(const std::string& text) {
  std::string name;
  for (const char c : lower_case(text)) {
    const bool always = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (always || (!name.empty() && (c == '_' || c == '-'))) name += c;
  }
  return name;
}

Result<std::string> wanted_project_name(const LoadOptions& options, const Project& project) {
  const bool given = !options.project_name.empty();
  const std::string name =
      given ? options.project_name : value_of(project.environment, "COMPOSE_PROJECT_NAME");
  if (name.empty() || is_project_name(name)) return name;
  const std::string near = normal_project_name(name);
  return fault(std::string(given ? "-p" : "COMPOSE_PROJECT_NAME") + ": \"" + name +
               "\" is not a project name: a-z, 0-9, \"_\" and \"-\", the first a letter or digit" +
               (near.empty() ? "" : "; \"" + near + "\" is"));
}

Result<std::string> name_of_folder(const Project& project) {
  std::string name = normal_project_name(fs::path(project.directory).filename().string());
  if (!name.empty()) return name;
  return fault("name the project: the folder \"" + project.directory +
               "\" gives no name; give one with -p or \"name:\"");
}

}  // namespace stack

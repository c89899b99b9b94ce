// `extends`: a service of this file or another one, put below the service that extends it (compose-go's
// loader/extends.go).
#include <algorithm>
#include <filesystem>
#include <memory>
#include <unordered_map>

#include "specs/composed_files.h"
#include "specs/merge.h"
#include "specs/named_paths.h"
#include "specs/reading.h"

namespace stack {
namespace {

struct ExtendsEntry {
  Reading& reading;
  std::string service = {}, file = {};
};

constexpr KeyRule<ExtendsEntry> kEntryKeys[] = {
    {"file", [](ExtendsEntry& e, const Node& n) { e.file = e.reading.text(n, "extends.file").value_or(""); }},
    {"service",
     [](ExtendsEntry& e, const Node& n) { e.service = e.reading.text(n, "extends.service").value_or(""); }},
};

// The services of one file, each with what it extends brought in when it is first asked for.
struct Services {
  std::string path;
  std::string directory;  // what its paths are relative to
  bool relative = true;
  Node* map = nullptr;
  Node root = {};  // of a file that is read for its services alone
  enum class State { open, done };
  std::unordered_map<std::string, std::size_t> places = {};
  std::unordered_map<std::string, State> states = {};

  void index() {
    for (std::size_t i = 0; i < map->entries.size(); ++i) places[map->entries[i].key] = i;
  }
  Entry* find(const std::string& name) {
    const auto at = places.find(name);
    return at == places.end() ? nullptr : &map->entries[at->second];
  }
};

class Extending {
 public:
  Extending(ComposedFiles& files, const Scope& scope) : files_(files), scope_(scope) {}

  void run(const std::string& path, Node& services) {
    Services own{path, scope_.directory, scope_.relative, &services};
    own.index();
    for (Entry& entry : services.entries) resolve(own, entry);
  }

 private:
  // False where what the service extends cannot be had; the fault is told.
  bool resolve(Services& from, Entry& service) {
    const auto [state, fresh] = from.states.try_emplace(service.key, Services::State::open);
    if (!fresh) return extends_of(service) == nullptr;  // of what failed before, it is still there
    chain_.push_back({&from, &service});
    const bool good = bring_in(from, service);
    chain_.pop_back();
    from.states[service.key] = Services::State::done;
    return good;
  }

  bool bring_in(Services& from, Entry& service) {
    const Node* const written = extends_of(service);
    if (written == nullptr) return true;
    const Node extends = *written;
    if (extends.tag != "!reset" && !extend(from, service, extends)) return false;
    std::erase_if(service.value.entries, [](const Entry& entry) { return entry.key == "extends"; });
    return true;
  }

  bool extend(Services& from, Entry& service, const Node& extends) {
    const auto entry = read(service, extends);
    if (!entry) return false;
    Services* const others = entry->file.empty() ? &from : open(from, service, extends, entry->file);
    if (others == nullptr) return false;
    Entry* const other = find(*others, service, extends, *entry);
    if (other == nullptr || !may_go_on(*others, *other, service, extends)) return false;
    return resolve(*others, *other) && take(from, *others, *other, service, extends);
  }

  std::optional<ExtendsEntry> read(const Entry& service, const Node& extends) {
    Reading reading(files_.diagnostics(), owner(service));
    ExtendsEntry entry{reading};
    const bool good = files_.reading([&] {
      if (extends.is_map()) {
        reading.keys<ExtendsEntry>(extends, "extends", kEntryKeys, entry);
      } else if (extends.is_scalar()) {
        entry.service = extends.text;
      } else {
        reading.wrong(extends, "extends", "a service's name or a map");
      }
    });
    if (!good) return std::nullopt;
    if (entry.service.empty()) {
      files_.fault(extends, FaultCode::missing_key, "extends of " + owner(service) + " needs a \"service\"");
      return std::nullopt;
    }
    return entry;
  }

  // The services of a file that is named in `from`; read once, however many extend what is in it.
  Services* open(const Services& from, const Entry& service, const Node& extends, const std::string& file) {
    const std::string what = "extends of " + owner(service);
    if (is_remote_context(file)) {
      files_.fault(extends, FaultCode::never_kept,
                   what + ": \"" + file + "\" from a repository or registry is not supported",
                   "fetch it, and name the file");
      return nullptr;
    }
    Scope named_in;
    named_in.directory = from.directory;
    const std::string path = files_.absolute(named_in, file);
    const bool relative = from.relative && is_relative_path(file);
    std::unique_ptr<Services>& known = opened_[{path, relative}];
    if (known) return known->map == nullptr ? nullptr : known.get();
    known = std::make_unique<Services>();
    known->path = path;
    known->directory = std::filesystem::path(path).parent_path().string();
    known->relative = relative;
    const auto text = files_.read(extends, what, {NamedFile::Kind::extended, path, relative});
    if (!text) return nullptr;
    auto root = files_.parse(scope_, path, *text);
    if (!root) return nullptr;
    known->root = *std::move(root);
    Node* const services = known->root.find("services");
    if (services == nullptr || !services->is_map()) {
      files_.fault(extends, FaultCode::no_services,
                   what + ": \"" + files_.shown(path) + "\" has no services");
      return nullptr;
    }
    known->map = services;
    known->index();
    return known.get();
  }

  Entry* find(Services& others, const Entry& service, const Node& extends, const ExtendsEntry& entry) {
    if (Entry* const other = others.find(entry.service)) return other;
    std::vector<std::string> names;
    for (const Entry& one : others.map->entries) names.push_back(one.key);
    const Node* const at = extends.find("service");
    files_.fault(at == nullptr ? extends : *at, FaultCode::undefined_service,
                 owner(service) + " extends undefined service \"" + entry.service + "\"" +
                     (entry.file.empty() ? "" : " of \"" + files_.shown(others.path) + "\""),
                 did_you_mean(entry.service, names));
    return nullptr;
  }

  bool may_go_on(Services& others, const Entry& other, const Entry& service, const Node& extends) {
    const auto state = others.states.find(other.key);
    if (state != others.states.end() && state->second == Services::State::open) {
      std::string words;
      bool within = false;
      for (const auto& [file, one] : chain_) {
        within = within || (file == &others && one->key == other.key);
        if (within) words += one->key + " -> ";
      }
      files_.fault(extends, FaultCode::cycle, "extends cycle: " + words + other.key);
      return false;
    }
    if (chain_.size() <= kMostDepth) return true;
    files_.fault(extends, FaultCode::too_large,
                 owner(service) + " extends more than " + std::to_string(kMostDepth) +
                     " services, one by way of the other");
    return false;
  }

  bool take(const Services& from, const Services& others, const Entry& other, Entry& service,
            const Node& extends) {
    if (other.value.is_null()) return true;
    if (!other.value.is_map() || !service.value.is_map()) {
      const Entry& faulty = other.value.is_map() ? service : other;
      Reading(files_.diagnostics(), owner(faulty)).wrong(faulty.value, "", "a map");
      files_.no_longer_whole();
      return false;
    }
    if (!files_.spend(extends, weight_of(other.value))) return false;
    Node taken = other.value;
    forget_tags(taken);
    if (&from != &others) {
      const std::string folder =
          others.relative || !from.relative
              ? std::filesystem::path(others.directory).lexically_relative(from.directory).string()
              : others.directory;
      if (folder.find(':') != std::string::npos) {
        files_.fault(extends, FaultCode::invalid_name,
                     "\"" + folder + "\" has a \":\" in its name, which no volume \"SOURCE:TARGET\" can say",
                     "the folder of an extended file must have another name");
        return false;
      }
      rebase_service(service.key, taken, folder);
    }
    note_origin(taken, Origin::How::extends, extends.pos);
    merge_below(Place::service, service.value, std::move(taken));
    return true;
  }

  static const Node* extends_of(const Entry& service) { return service.value.find("extends"); }
  static std::string owner(const Entry& service) { return "service \"" + service.key + "\""; }

  ComposedFiles& files_;
  const Scope& scope_;
  std::vector<std::pair<Services*, const Entry*>> chain_;
  std::map<std::pair<std::string, bool>, std::unique_ptr<Services>> opened_;
};

}  // namespace

void bring_in_extended(ComposedFiles& files, const Scope& scope, const std::string& path, Node& root) {
  Node* const services = root.find("services");
  if (services != nullptr && services->is_map()) Extending(files, scope).run(path, *services);
}

}  // namespace stack

#include "cmd/stack/man_pages.h"

#include <cctype>

#include "cmd/stack/verb.h"
#include "core/sys/files.h"

namespace stack::cmd {
namespace {

// Text as roff(7) prints it: a line must not begin with a request, a hyphen is one that can be typed.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool begins_line = out.empty() || out.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : ".SH " + title + "\n" + body;
}

std::string item(const std::string& tag, const std::string& words) {
  return ".TP\n" + tag + "\n" + (words.empty() ? "\\&" : escaped(words)) + "\n";
}

bool is_many(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

// "[SERVICE...]"
std::string argument(const CLI::Option& option) {
  const std::string name = italic(option.get_name(true)) + (is_many(option) ? "..." : "");
  return option.get_required() ? name : "[" + name + "]";
}

// "-f, --file FILE"
std::string names(const CLI::Option& option) {
  std::string tag;
  for (const std::string& name : option.get_snames()) tag += (tag.empty() ? "" : ", ") + bold("-" + name);
  for (const std::string& name : option.get_lnames()) tag += (tag.empty() ? "" : ", ") + bold("--" + name);
  if (!takes_value(option)) return tag;
  const std::string type = option.get_type_name();
  const auto choice = type.find('{');
  return tag + " " + (choice == std::string::npos ? italic(type) : escaped(type.substr(choice)));
}

std::string options(const CLI::App& app) {
  std::string body;
  for (const CLI::Option* option : options_of(app))
    if (!option->get_positional()) body += item(names(*option), option->get_description());
  return body;
}

// Those of the whole, but for the help, which each verb has of its own.
std::string options_of_all(const CLI::App& whole) {
  std::string body;
  for (const CLI::Option* option : options_of(whole))
    if (option != whole.get_help_ptr()) body += item(names(*option), option->get_description());
  return body;
}

std::string arguments(const CLI::App& app) {
  std::string body;
  for (const CLI::Option* option : options_of(app))
    if (option->get_positional() && !option->get_description().empty())
      body += item(italic(option->get_name(true)), option->get_description());
  return body;
}

std::string synopsis(const CLI::App& app) {
  std::string body = bold(line_to(app)) + " [" + italic("OPTION") + "...]";
  if (!verbs_within(app).empty()) body += " [" + italic("VERB") + "]";
  for (const CLI::Option* option : options_of(app))
    if (option->get_positional()) body += " " + argument(*option);
  return body + "\n";
}

std::string verbs_of(const CLI::App& app) {
  std::string body;
  for (const CLI::App* verb : verbs_within(app))
    body += item(bold(verb->get_name()), verb->get_description());
  return body;
}

// "stack-image-rm"
std::string page_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : page_name(*app.get_parent()) + "-" + app.get_name();
}

std::string see_also(const CLI::App& app) {
  std::string body;
  const auto add = [&](const CLI::App& other) {
    body += (body.empty() ? "" : ",\n") + bold(page_name(other)) + "(1)";
  };
  if (app.get_parent() != nullptr) add(*app.get_parent());
  for (const CLI::App* verb : verbs_within(app)) add(*verb);
  return body.empty() ? "" : body + "\n";
}

std::string summary(const CLI::App& app) {
  const std::string words = app.get_description();
  const std::string prefix = app.get_name() + ": ";  // the description of the whole says its name
  return words.starts_with(prefix) ? words.substr(prefix.size()) : words;
}

// Line by line, as it is printed by the help.
std::string footer(const CLI::App& app) {
  const std::string words = app.get_footer();
  return words.empty() ? "" : ".nf\n" + escaped(words) + "\n.fi\n";
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& version) {
  std::string upper = page_name(app);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string page =
      ".TH \"" + escaped(upper) + "\" 1 \"\" \"stack " + escaped(version) + "\" \"User Commands\"\n";
  page += section("NAME", escaped(page_name(app)) + " \\- " + escaped(summary(app)) + "\n");
  page += section("SYNOPSIS", synopsis(app));
  page += section("DESCRIPTION", footer(app));
  page += section("VERBS", verbs_of(app));
  page += section("ARGUMENTS", arguments(app));
  page += section("OPTIONS", options(app));
  const CLI::App* whole = app.get_parent();
  while (whole != nullptr && whole->get_parent() != nullptr) whole = whole->get_parent();
  if (whole != nullptr) page += section("OPTIONS OF ALL VERBS", options_of_all(*whole));
  return page + section("SEE ALSO", see_also(app));
}

Result<void> write_man_pages(const CLI::App& app, const std::string& version, const std::string& folder) {
  TRY(make_folders(folder, 0755));
  TRY(replace_file(folder + "/" + page_name(app) + ".1", man_page(app, version), 0644, Durability::none));
  for (const CLI::App* verb : verbs_within(app)) TRY(write_man_pages(*verb, version, folder));
  return {};
}

}  // namespace stack::cmd

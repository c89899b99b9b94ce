#include "core/reconcile/intent.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/sys/files.h"
#include "specs/canonical.h"

namespace stack {
namespace {

using nlohmann::json;

json book_to_json(const AddressBook& book) {
  json networks = json::object();
  for (const auto& [key, s] : book.networks) networks[key] = {s.subnet4, s.gateway4, s.subnet6, s.gateway6};
  json endpoints = json::object();
  for (const auto& [key, owners] : book.endpoints)
    for (const auto& [owner, a] : owners) endpoints[key][owner] = {a.ipv4, a.ipv6, a.mac};
  return {{"networks", networks}, {"endpoints", endpoints}};
}

AddressBook book_from_json(const json& j) {
  AddressBook book;
  for (const auto& [key, s] : j.at("networks").items())
    book.networks[key] = {s.at(0), s.at(1), s.at(2), s.at(3)};
  for (const auto& [key, owners] : j.at("endpoints").items())
    for (const auto& [owner, a] : owners.items()) book.endpoints[key][owner] = {a.at(0), a.at(1), a.at(2)};
  return book;
}

json standing_to_json(const Standing& standing) {
  json failed = json::array();
  for (const auto& [model, words] : standing.failed) failed.push_back({model, words});
  return {{"model", standing.model},
          {"since_ns", standing.since_ns},
          {"good", standing.good},
          {"back_to", standing.back_to},
          {"failed", failed}};
}

Standing standing_from_json(const json& j) {
  Standing standing;
  standing.model = j.at("model");
  standing.since_ns = j.at("since_ns");
  standing.good = j.at("good");
  standing.back_to = j.at("back_to");
  for (const json& one : j.at("failed")) standing.failed[one.at(0)] = one.at(1);
  return standing;
}

Result<Intent> parse(const std::string& text) {
  const auto newline = text.find('\n');
  if (newline == std::string::npos) return fault("cut short");
  const std::string body = text.substr(newline + 1);
  if (sha256_hex(body) != text.substr(0, newline)) return fault("checksum does not match");
  Intent intent;
  std::string spec;
  try {
    const json j = json::parse(body);
    if (j.at("version") != 1) return fault("written by another version of stack");
    intent.generation = j.at("generation");
    if (const auto standing = j.find("standing"); standing != j.end())  // an older stack has none
      intent.standing = standing_from_json(*standing);
    else
      intent.standing.model = intent.generation;
    intent.stopped = j.at("stopped").get<std::set<std::string>>();
    intent.book = book_from_json(j.at("book"));
    spec = j.at("spec").get<std::string>();
  } catch (const json::exception& e) {
    return fault(e.what());
  }
  intent.spec = TRY(from_wire(spec));
  return intent;
}

}  // namespace

std::string intent_text(const Intent& intent, const std::string& wire) {
  const json j{{"version", 1},
               {"generation", intent.generation},
               {"standing", standing_to_json(intent.standing)},
               {"stopped", intent.stopped},
               {"book", book_to_json(intent.book)},
               {"spec", wire}};
  const std::string body = j.dump();
  return sha256_hex(body) + "\n" + body;
}

Result<void> save_intent(const Paths& paths, const std::string& text) {
  TRY(make_folders(paths.lib, 0700));
  // The link is made before the rename replaces the name: at every instant one whole generation has a name.
  ::unlink(paths.previous_intent().c_str());
  if (::link(paths.intent().c_str(), paths.previous_intent().c_str()) != 0 && errno != ENOENT)
    return os_error("keep \"" + paths.previous_intent() + "\"");
  return replace_file(paths.intent(), text, 0600, Durability::disk);
}

Result<std::optional<Intent>> load_intent(const Paths& paths, std::string& warning) {
  for (const std::string& path : {paths.intent(), paths.previous_intent()}) {
    auto intent = load_intent_file(path);
    if (intent) return std::optional<Intent>(*std::move(intent));
    if (intent.error().code == ENOENT) continue;
    if (intent.error().code != 0) return intent.error();
    warning += intent.error().words + "\n";
  }
  if (!warning.empty()) return fault(warning);
  return std::optional<Intent>();
}

Result<Intent> load_intent_file(const std::string& path) {
  const std::string text = TRY(read_file(path));
  return parse(text).with("read \"" + path + "\"");
}

Result<std::optional<Intent>> load_previous_intent(const Paths& paths) {
  auto intent = load_intent_file(paths.previous_intent());
  if (intent) return std::optional<Intent>(*std::move(intent));
  if (intent.error().code == ENOENT) return std::optional<Intent>();
  return intent.error();
}

}  // namespace stack

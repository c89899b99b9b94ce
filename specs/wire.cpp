// The model as JSON for our own processes: every field of fields.h that is not empty.
#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "specs/canonical.h"
#include "specs/fields.h"
#include "specs/text.h"

namespace stack {
namespace {

using Json = nlohmann::json;

struct Writer {
  Json json = Json::object();
  std::span<const std::string_view> left_out = {};  // fields of the outermost
  const Json* unset = nullptr;                      // fields that are as here are left out, too

  [[nodiscard]] bool leaves_out(std::string_view name) const {
    return std::find(left_out.begin(), left_out.end(), name) != left_out.end();
  }

  template <typename T>
  void operator()(const char* name, const T& value) {
    if (leaves_out(name)) return;
    Json encoded = encode(value);
    if ((encoded.is_structured() && encoded.empty()) || is_unset(name, encoded)) return;
    json[name] = std::move(encoded);
  }
  [[nodiscard]] bool is_unset(const char* name, const Json& encoded) const {
    if (unset == nullptr) return false;
    const auto found = unset->find(name);
    return found != unset->end() && *found == encoded;
  }
  // One that is there but empty (`entrypoint: []`) is not the same as absent.
  template <typename T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value && !leaves_out(name)) json[name] = encode(*value);
  }

  template <typename T>
  static Json encode(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<int>(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      return value;
    } else {
      Writer writer;
      writer.unset = &unset_fields<T>();
      fields::visit(writer, value);
      return std::move(writer.json);
    }
  }
  // What a Reader finds in a T to begin with.
  template <typename T>
  static const Json& unset_fields() {
    static const Json fields = [] {
      Writer writer;
      const T value{};
      fields::visit(writer, value);
      return std::move(writer.json);
    }();
    return fields;
  }
  static Json encode(const Nanoseconds& value) { return value.count(); }
  template <typename T>
  static Json encode(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) list.push_back(encode(value));
    return list;
  }
  template <typename T>
  static Json encode(const std::map<std::string, T>& values) {
    Json object = Json::object();
    for (const auto& [key, value] : values) object[key] = encode(value);
    return object;
  }
};

// Types are nlohmann's to check: a mismatch throws, and from_wire catches.
struct Reader {
  const Json& json;

  template <typename T>
  void operator()(const char* name, T& value) {
    if (const auto it = json.find(name); it != json.end()) decode(*it, value);
  }

  template <typename T>
  static void decode(const Json& from, T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(from.get<int>());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
      value = from.get<T>();
    } else {
      Reader reader{from};
      fields::visit(reader, value);
    }
  }
  static void decode(const Json& from, Nanoseconds& value) { value = Nanoseconds(from.get<std::int64_t>()); }
  template <typename T>
  static void decode(const Json& from, std::optional<T>& value) {
    decode(from, value.emplace());
  }
  template <typename T>
  static void decode(const Json& from, std::vector<T>& values) {
    values.clear();
    for (const Json& item : from.get_ref<const Json::array_t&>()) decode(item, values.emplace_back());
  }
  template <typename T>
  static void decode(const Json& from, std::map<std::string, T>& values) {
    values.clear();
    for (const auto& [key, item] : from.get_ref<const Json::object_t&>()) decode(item, values[key]);
  }
};

// A value that is no UTF-8 (a command's bytes) is kept from throwing; the replacement shows in `config` as
// well.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What the kernel or the reconciler can change under a running container, and what says nothing about it.
constexpr std::string_view kChangedInPlace[] = {
    "depends_on",     "restart",   "healthcheck", "stop_grace_period", "stop_signal", "labels",
    "ports",          "resources", "bandwidth",   "positions",         "name",        "pod",
    "pull_policy",    "build",     "attach",      "annotations",       "expose",      "profiles",
    "mac_address",    "links",     "scale",       "replicas",          "develop",     "update_config",
    "rollback_config"};

// The file's word for a field of ours that is called otherwise.
const char* compose_key(const std::string& field) {
  if (field == "mounts") return "volumes";
  if (field == "security") return "security_opt";
  if (field == "userns_host") return "userns_mode";
  if (field == "cgroup_host") return "cgroup";
  return field.c_str();
}

// One key for each, with the place that it comes from: so a plan names the file that has changed.
void add_files(Json& all, const char* key, const std::vector<FileMount>& files,
               std::map<std::string, std::string>& hashes) {
  all.erase(key);
  for (const FileMount& file : files) {
    const std::string origin = file.origin.empty() ? "" : " (" + file.origin + ")";
    hashes[std::string(key) + " " + file.target + origin] = sha256_hex(text_of(Writer::encode(file)));
  }
}

}  // namespace

std::string to_wire(const StackSpec& spec) {
  return text_of(Writer::encode(spec));
}

Result<StackSpec> from_wire(const std::string& text) {
  try {
    StackSpec spec;
    Reader::decode(Json::parse(text), spec);
    return spec;
  } catch (const Json::exception& fault_in_text) {
    return fault(std::string("read the stack's specification: ") + fault_in_text.what());
  }
}

std::string sha256_hex(const std::string& text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  return to_hex(digest);
}

std::map<std::string, std::string> recreate_keys(const ServiceSpec& service) {
  Writer writer;
  writer.left_out = kChangedInPlace;
  writer.unset = &Writer::unset_fields<ServiceSpec>();
  fields::visit(writer, service);
  Json all = std::move(writer.json);
  // Interfaces come and go in a network namespace that lives; what is fixed is whether names are asked of us.
  if (const auto networks = all.find("networks"); networks != all.end()) *networks = "attached";
  std::map<std::string, std::string> hashes;
  add_files(all, "configs", service.configs, hashes);
  add_files(all, "secrets", service.secrets, hashes);
  for (const auto& [field, value] : all.items()) hashes[compose_key(field)] = sha256_hex(text_of(value));
  return hashes;
}

std::string service_hash(const std::map<std::string, std::string>& keys) {
  std::string text;
  for (const auto& [key, hash] : keys) text += key + " " + hash + "\n";
  return sha256_hex(text);
}

std::string resources_hash(const Resources& resources) {
  return sha256_hex(text_of(Writer::encode(resources)));
}

}  // namespace stack

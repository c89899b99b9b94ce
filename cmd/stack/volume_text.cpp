#include "cmd/stack/volume_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/stack/format.h"
#include "specs/diagnostics.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

Result<bool> truth_of(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return fault("filter \"dangling=" + text + "\": want true or false");
}

Result<void> add_condition(VolumeFilter& filter, const std::string& key, const std::string& value) {
  if (key == "name") {
    filter.names.push_back(value);
  } else if (key == "label") {
    filter.labels.push_back(value);
  } else if (key == "dangling") {
    filter.dangling = TRY(truth_of(value));
  } else if (key != "driver") {
    return fault(
        "unknown filter \"" + key + "\": " +
        did_you_mean(key, {"name", "label", "dangling", "driver"}, "want name, label, dangling or driver"));
  } else if (value != "local") {
    return fault("filter \"driver=" + value + "\": there is no other driver than \"local\"");
  }
  return {};
}

bool has_label(const volumes::VolumeRecord& record, const std::string& wanted) {
  const std::size_t equals = wanted.find('=');
  const auto label = record.labels.find(wanted.substr(0, equals));
  if (label == record.labels.end()) return false;
  return equals == std::string::npos || label->second == wanted.substr(equals + 1);
}

}  // namespace

Result<VolumeFilter> parse_volume_filter(const std::vector<std::string>& texts) {
  VolumeFilter filter;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fault("filter \"" + text + "\": want one such as \"name=shop\"");
    TRY(add_condition(filter, text.substr(0, equals), text.substr(equals + 1)));
  }
  return filter;
}

bool matches(const VolumeFilter& filter, const volumes::VolumeRecord& record, bool used) {
  if (filter.dangling && *filter.dangling == used) return false;
  const auto in_name = [&](const std::string& part) { return record.name.find(part) != std::string::npos; };
  if (!filter.names.empty() && std::none_of(filter.names.begin(), filter.names.end(), in_name)) return false;
  return std::all_of(filter.labels.begin(), filter.labels.end(),
                     [&](const std::string& label) { return has_label(record, label); });
}

json volume_json(const volumes::VolumeRecord& record, const std::string& mountpoint, const VolumeUse& use) {
  json out{{"CreatedAt", record.created},
           {"Driver", "local"},
           {"Labels", record.labels},
           {"Mountpoint", mountpoint},
           {"Name", record.name},
           {"Options", record.driver_opts},
           {"Scope", "local"},
           {"Anonymous", record.anonymous},
           {"Project", record.project},
           {"UsedBy", use.users}};
  if (use.bytes) out["UsageData"] = {{"Size", *use.bytes}, {"RefCount", use.users.size()}};
  return out;
}

json volume_line_json(const volumes::VolumeRecord& record, const std::string& mountpoint) {
  std::string labels;
  for (const auto& [key, value] : record.labels) labels += (labels.empty() ? "" : ",") + key + "=" + value;
  return {{"Driver", "local"},
          {"Labels", labels},
          {"Mountpoint", mountpoint},
          {"Name", record.name},
          {"Scope", "local"}};
}

std::string volume_table(const std::vector<volumes::VolumeRecord>& records) {
  std::vector<std::vector<std::string>> rows{{"DRIVER", "VOLUME NAME"}};
  for (const volumes::VolumeRecord& record : records) rows.push_back({"local", record.name});
  return columns(rows);
}

Result<std::map<std::string, std::string>> parse_pairs(const std::vector<std::string>& texts,
                                                       const std::string& what, KeyAlone alone) {
  std::map<std::string, std::string> pairs;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || text.empty() || (equals == std::string::npos && alone == KeyAlone::refused))
      return fault(what + " \"" + text + "\": want KEY=VALUE");
    pairs[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return pairs;
}

}  // namespace stack::cmd

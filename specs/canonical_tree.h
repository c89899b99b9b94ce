// The pieces that the canonical text is put together from.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "specs/stack_spec.h"

namespace stack::canonical {

using Tree = nlohmann::ordered_json;

// A dollar of the model is written as two, so that reading the output again gives the same.
std::string escaped(const std::string& text);
Tree list_of(const std::vector<std::string>& items);
Tree map_of(const std::map<std::string, std::string>& items);
// 90 s is "1m30s", as Go and thus Compose writes it.
std::string duration(Nanoseconds value);
// NAME=ADDRESS, one an item.
Tree hosts_of(const std::map<std::string, std::vector<std::string>>& hosts);
// Each with its soft and hard value.
Tree limits_of(const std::map<std::string, Ulimit>& ulimits);

// What is empty is left out.
void put(Tree& tree, const char* key, Tree value);
template <typename T>
void put(Tree& tree, const char* key, const std::optional<T>& value) {
  if (value) tree[key] = *value;
}

// canonical_network.cpp
Tree network_tree(const NetworkSpec& network);

// canonical_storage.cpp: image, build and what is mounted; then the top level's volumes, configs and secrets.
void put_image(Tree& tree, const ServiceSpec& service);
void put_mounts(Tree& tree, const ServiceSpec& service, const std::map<std::string, VolumeSpec>& volumes);
void put_storage(Tree& tree, const StackSpec& spec);

}  // namespace stack::canonical

// Where two files say something under one key: how the two are made one (compose-go's override/merge.go and
// uncity.go say the same). Pure.
#pragma once

#include <string>

#include "specs/document.h"

namespace stack {

// Where in the file a map is, as far as the rules differ.
enum class Place {
  root,
  services,
  service,
  build,
  deploy,
  healthcheck,
  attachments,  // a service's networks
  attachment,
  ulimits,
  pairs,
  networks,
  network,
  ipam,
  resources,  // volumes, configs, secrets
  resource,
  other
};

Place below(Place place, const std::string& key);

// Maps are merged key by key, lists appended, all else replaced; and besides:
enum class Rule {
  plain,
  replaced,      // half of one command and half of another is none
  pairs,         // NAME=VALUE as a list or a map: by name
  dependencies,  // [a, b] or a map
  names,         // the same, where a name alone says nothing more
  hosts,         // a map or a list; by the whole text
  context,       // `build: DIR` or a map
  text_or_list,  // by the whole text
  driver,        // options are those of one driver
  pools,         // by subnet
  texts,         // by the whole text
  env_files,     // by path
  mounts,        // by target
  devices,
  config_files,
  secret_files,
};

Rule rule_of(Place place, const std::string& key);

// Brings a short form of the key's value into the form that can be merged.
void unify(Rule rule, Node& node);
// What an item of a list is told by from the others; "" where nothing is, and it is one more.
std::string identity_of(Rule rule, const Node& item);

}  // namespace stack

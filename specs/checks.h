// What only shows when all of the file is seen together: references, cycles, conflicts.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "specs/diagnostics.h"
#include "specs/service.h"
#include "specs/stack_spec.h"

namespace stack {

struct Draft {
  StackSpec spec;
  std::map<std::string, Marks> services;
  std::map<std::string, Marks> networks;
  std::map<std::string, Marks> volumes;
  std::map<std::string, Marks> configs, secrets;
};

// Each fault at the place of the key that says it. Networks that nobody is attached to are left out of the
// model, and so are dependencies on services that need not exist.
void check(Draft& draft, Diagnostics& diagnostics);

// The parts of it.
void check_references(Draft& draft, Diagnostics& diagnostics);  // checks.cpp
void check_cycles(const Draft& draft, Diagnostics& diagnostics);
void check_service(Draft& draft, ServiceSpec& service, Diagnostics& diagnostics);
// Whose network is the external "host" or "none" lives as by network_mode.
void enter_outside_networks(Draft& draft, Diagnostics& diagnostics);  // checks_network.cpp
void check_networks(Draft& draft, Diagnostics& diagnostics);
void check_attachments(const Draft& draft, Diagnostics& diagnostics);  // checks_attachments.cpp
void check_ports(const Draft& draft, Diagnostics& diagnostics);        // checks_ports.cpp
void check_storage(Draft& draft, Diagnostics& diagnostics);            // checks_storage.cpp
void check_replicas(const Draft& draft, Diagnostics& diagnostics);     // checks_replicas.cpp

// What is said of a service that is named and not there: undefined, or of no active profile.
struct Absence {
  FaultCode code = FaultCode::undefined_service;
  std::string words;  // `undefined service "dB"`
  std::string hint;
};
Absence why_absent(const StackSpec& spec, const std::string& service);

inline void error(Diagnostics& diagnostics, const Mark& mark, FaultCode code, std::string message,
                  std::string hint = "") {
  diagnostics.error(mark, code, std::move(message), std::move(hint));
}

template <typename T>
std::vector<std::string> names_of(const std::map<std::string, T>& all) {
  std::vector<std::string> names;
  for (const auto& [name, value] : all) names.push_back(name);
  return names;
}

// The place of `key` in the service, or of the nearest thing around it that has one.
Mark place_of(const std::map<std::string, Marks>& all, const std::string& name, const std::string& key);

}  // namespace stack

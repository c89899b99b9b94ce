// What a one-off has outside of its record: descriptors of its client with the keeper, and what is its alone
// of pins, ids and volumes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/engine/launch.h"
#include "core/reconcile/world.h"

namespace stack {

// Under this key the keeper holds what the client gave: first the lifeline, a pipe whose other end the client
// has as long as it lives; until the start also what becomes standard input, output and error, or the socket
// to which a terminal's master goes.
std::string lifeline_key(const std::string& one_off);
std::optional<std::string> one_off_of_key(const std::string& key);

Result<void> keep_descriptors(World& world, const std::string& one_off, std::vector<UniqueFd> fds);
// An error where the client's descriptors are not there.
Result<void> connect_to_client(const World& world, const std::string& one_off,
                               engine::ContainerLaunch& launch);
// Once it is started: the rest is the container's now, and its end is to show.
void keep_lifeline_alone(World& world, const std::string& one_off);
Result<void> drop_descriptors(World& world, const std::string& one_off);

// The last of it, when its container's files are gone. Its anonymous volumes go with --rm.
Result<void> remove_traces(World& world, const ContainerRecord& record);

// Files of one-offs that are in no record: of the last boot, say, which no record outlives.
Result<void> remove_forgotten_one_offs(const World& world);

}  // namespace stack

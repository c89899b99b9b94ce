// What is in the stack's configs and secrets: brought by `up` beside the model, kept on the stack's tmpfs
// alone, so that no secret is ever on a disk of ours.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/control/paths.h"
#include "core/engine/launch.h"
#include "specs/result.h"
#include "specs/stack_spec.h"

namespace stack {

enum class FileKind { config, secret };

// "config/KEY" and "secret/KEY", as in a request of `up`, where the content is in base64: it may be any
// bytes.
std::string content_key(FileKind kind, const std::string& key);

std::string to_base64(const std::string& bytes);
Result<std::string> from_base64(const std::string& text);

// Adds what is kept of a service's configs and secrets, where `contents` has nothing newer.
Result<void> add_kept_contents(const Paths& paths, const ServiceSpec& service,
                               std::map<std::string, std::string>& contents);

// Replaces what is kept: those of `contents` (in base64, by content_key) and no others.
Result<void> keep_contents(const Paths& paths, const std::map<std::string, std::string>& contents);

// Adds to what is kept, or replaces, those of `contents` that one of `services` of the stack has.
Result<void> add_contents(const Paths& paths, const std::map<std::string, std::string>& contents,
                          const StackSpec& stack, const std::set<std::string>& services);

// The configs and secrets of one service. What is not kept any more (after a boot) is read from its file
// again; an error says what to do where it had none.
Result<std::vector<engine::InjectedFile>> injected_files(const Paths& paths, const StackSpec& stack,
                                                         const ServiceSpec& service);

}  // namespace stack

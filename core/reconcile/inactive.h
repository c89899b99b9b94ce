// Services of the file that no active profile takes in. What runs of them, from an `up` that named a profile
// or the service, is left alone, as Compose does: it stays in the intent as it was. Pure.
#pragma once

#include "specs/stack_spec.h"

namespace stack {

// Whether this `up` is not about the service, though the intent may have it.
bool is_left_alone(const StackSpec& spec, const std::string& service);

// Adds them to `spec` from what the intent was before, with the networks, volumes, configs and secrets they
// use. One that shares a namespace or volumes of a service that is gone goes too.
void keep_inactive(const StackSpec& before, StackSpec& spec);

}  // namespace stack

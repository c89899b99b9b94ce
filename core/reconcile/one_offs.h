// The one-offs of `stack run` among what a stack should be. Each is wanted as its record says; here they join
// what the intent wants. Pure.
#pragma once

#include <set>
#include <string>

#include "core/plan/model.h"
#include "core/reconcile/intent.h"
#include "core/reconcile/record.h"

namespace stack {

// The services of the file and the one-offs, as one model to resolve.
struct Whole {
  StackSpec spec;
  std::set<std::string> stopped;
};
// A one-off that has ended, or whose client is gone, counts as stopped; one of which nothing is to be left is
// not in it.
Whole with_one_offs(const StackSpec& spec, const std::set<std::string>& stopped, const Records& records);
// Whether `desired` was made of other one-offs, or before one of them ended.
bool one_offs_changed(const Desired& desired, const Records& records);

// Their addresses stand in their records, so that the intent on disk does not change with each of them.
void lend_addresses(const Records& records, AddressBook& book);
void take_addresses(AddressBook& book, Records& records);

// What an intent becomes before `one_off` of `file` can be: all that it leans on is in it, and those of it in
// `start` as the file has them now and wanted running. Whatever else the stack has stays as it was; a stack
// that has nothing yet gets the file's services, none of them wanted.
Intent leaning_on(const std::optional<Intent>& before, const StackSpec& file, const std::string& one_off,
                  const std::set<std::string>& start);
// What of the file the one-off needs: itself, its networks, configs and secrets.
StackSpec needs_of(const StackSpec& file, const std::string& one_off);

// Words for each port that a one-off and another that is wanted running would both publish.
std::vector<std::string> port_conflicts(const Whole& whole);

}  // namespace stack

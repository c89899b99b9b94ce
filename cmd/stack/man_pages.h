// The manual: a page of section 1 for `stack` and for each verb, made from what the parser knows, as the help
// is. The build writes them (cmd/stack/CMakeLists.txt) by asking `stack __man FOLDER`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace stack::cmd {

inline constexpr std::string_view kMan = "__man";

// The page of one verb, or of the whole, as man(7) wants it.
std::string man_page(const CLI::App& app, const std::string& version);
// Those of `app` and of all verbs within it: "stack-image-rm.1".
Result<void> write_man_pages(const CLI::App& app, const std::string& version, const std::string& folder);

}  // namespace stack::cmd

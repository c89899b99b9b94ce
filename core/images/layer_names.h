// What the name of a layer's entry asks for: a thing to put somewhere, or a mark that hides what is below.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/images/unpack.h"
#include "specs/result.h"

namespace stack {

struct EntryName {
  enum class Kind {
    root,      // the layer's own top folder
    plain,     // `name` in `parent`
    whiteout,  // hides `name` of `parent` in the layers below
    opaque,    // hides everything of `parent` in the layers below
    ignored,   // what aufs left for itself
  };
  Kind kind = Kind::plain;
  std::string parent;  // "a/b", empty for the top folder; no empty part, no "." or ".."
  std::string name;
};

// A leading slash is dropped, as every unpacker does; ".." is an error, wherever it would lead.
Result<EntryName> parse_entry_name(std::string_view path, const LayerLimits& limits);

}  // namespace stack

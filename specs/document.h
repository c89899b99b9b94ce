// A YAML file as a tree of our own, in which each key and value knows its place. Anchors, aliases and merge
// keys are resolved; the size of what comes out is bounded whatever goes in (alias bombs, depth, huge keys).
#pragma once

#include <string>
#include <vector>

#include "specs/diagnostics.h"

namespace stack {

struct Entry;

struct Node {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  SourcePos pos;
  int length = 1;              // columns of the value as written, where it is on one line
  std::size_t offset = 0;      // byte in the file where the value begins
  bool quoted = false;         // a string whatever it looks like
  std::string tag;             // "!reset" or "!override", which merging obeys
  std::string text;            // scalar
  Origins origins;             // of its text, or of all of it
  std::vector<Node> items;     // list
  std::vector<Entry> entries;  // map, in the order of the file

  [[nodiscard]] Mark mark() const { return {pos, length, origins}; }
  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  [[nodiscard]] const Node* find(const std::string& key) const;
  [[nodiscard]] Node* find(const std::string& key);
};

struct Entry {
  std::string key;
  SourcePos pos;
  int length = 1;
  Node value;

  // Of the key: what brought the value in brought it too.
  [[nodiscard]] Mark mark() const { return {pos, length, value.origins}; }
};

inline constexpr std::size_t kMaxNodes = 100'000;
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxTextBytes = 16U << 20U;  // of all scalars, aliases counted each time
inline constexpr std::size_t kMaxFileBytes = 4U << 20U;

struct Document {
  Node root;              // what was read before the first fault, if any
  bool complete = false;  // read to its end: no fault of syntax or size
};

Document parse_document(const std::string& file, const std::string& text, Diagnostics& diagnostics);

}  // namespace stack

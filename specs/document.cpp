#include "specs/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "specs/nodes.h"
#include "specs/utf8.h"

namespace stack {
namespace {

// Ends the parse; the events of yaml-cpp have no other way out.
struct Refused {
  SourcePos pos;
  std::string message;
  std::string hint = {};
  FaultCode code = FaultCode::yaml_syntax;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& file, const std::string& text, Diagnostics& diagnostics)
      : file_(file), text_(text), columns_(text), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{place(mark), "more than one YAML document in a file"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = start(mark, Node::Kind::null);
    if (!written_null(offset_of(mark))) node.pos.line = 0;  // the mark is that of whatever comes next
    finish(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = start(mark, Node::Kind::scalar);
    bytes_ += value.size();
    node.text = value;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    node.tag = our_tag(node.pos, tag);
    node.length = written_length(node);
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::map);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    merge_keys(frames_.back().node);
    close();
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw Refused{place(mark), "the alias stands within its own anchor"};
    nodes_ += it->second.nodes;
    bytes_ += it->second.bytes;
    check_size(place(mark));
    if (frames_.size() + it->second.depth > kMaxDepth) throw too_deep(place(mark));
    // The value keeps the place where it is written: that is where a fault in it is to be mended.
    Node node = it->second.node;
    note_origin(node, Origin::How::alias, place(mark));
    add(std::move(node));
  }

  // What is open is handed over too: `name:` of a file that breaks off further down.
  Node take_root() {
    while (frames_.size() > 1) close();
    return frames_.empty() ? std::move(root_) : std::move(frames_.front().node);
  }

  [[nodiscard]] SourcePos place(const YAML::Mark& mark) const {
    if (mark.line < 0) return {file_, 1, 1};
    return {file_, mark.line + 1, columns_.column(mark.line, mark.column) + 1};
  }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0, bytes_before = 0;
    std::size_t depth = 0;  // of what is below
    bool has_key = false;
    bool is_duplicate = false;  // of the key at hand: the first one stays
    Entry entry = {};
    std::unordered_map<std::string, int> lines = {};  // of the keys so far
  };
  struct Anchored {
    Node node;
    std::size_t nodes, bytes, depth;
  };

  static std::size_t offset_of(const YAML::Mark& mark) {
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
  }
  static Refused too_deep(SourcePos pos) {
    return {std::move(pos), "nested deeper than " + std::to_string(kMaxDepth) + " levels", "",
            FaultCode::too_large};
  }

  static Refused too_large(SourcePos pos, const std::string& most) {
    return {std::move(pos), "the file has more than " + most + ", aliases followed", "",
            FaultCode::too_large};
  }

  Node start(const YAML::Mark& mark, Node::Kind kind) {
    ++nodes_;
    Node node;
    node.kind = kind;
    node.pos = place(mark);
    node.offset = offset_of(mark);
    check_size(node.pos);
    return node;
  }

  void check_size(const SourcePos& pos) const {
    if (nodes_ > kMaxNodes) throw too_large(pos, std::to_string(kMaxNodes) + " values");
    if (bytes_ > kMaxTextBytes) throw too_large(pos, "16 MiB of text");
  }

  std::string our_tag(const SourcePos& pos, const std::string& tag) {
    if (tag == "!reset" || tag == "!override") return tag;
    if (tag.empty() || tag == "!" || tag == "?" || tag.starts_with("tag:yaml.org,2002:")) return "";
    throw Refused{pos, "unknown tag \"" + tag + "\"", "known are !reset and !override"};
  }

  [[nodiscard]] bool written_null(std::size_t offset) const {
    const std::string_view rest = std::string_view(text_).substr(std::min(offset, text_.size()), 4);
    return rest.starts_with('~') || rest == "null" || rest == "Null" || rest == "NULL";
  }

  // A plain value stands in the file as it is; a quoted one has its quotes; a block says nothing of its
  // width.
  [[nodiscard]] int written_length(const Node& node) const {
    const char first = node.offset < text_.size() ? text_[node.offset] : '\0';
    if (first == '|' || first == '>' || first == '&') return 1;
    const auto newline = node.text.find('\n');
    const int width = characters(std::string_view(node.text).substr(0, newline));
    return std::max(1, width + (first == '"' || first == '\'' ? 2 : 0));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (frames_.size() >= kMaxDepth) throw too_deep(place(mark));
    if (in_key_position()) throw Refused{place(mark), "a key must be text"};
    const std::size_t nodes_before = nodes_, bytes_before = bytes_;
    Node node = start(mark, kind);
    node.tag = our_tag(node.pos, tag);
    frames_.push_back({std::move(node), anchor, nodes_before, bytes_before});
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    const std::size_t depth = frame.depth + 1;
    if (!frames_.empty()) frames_.back().depth = std::max(frames_.back().depth, depth);
    if (frame.anchor != 0) {
      anchors_.insert_or_assign(frame.anchor, Anchored{frame.node, nodes_ - frame.nodes_before,
                                                       bytes_ - frame.bytes_before, depth});
    }
    add(std::move(frame.node));
  }

  void finish(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_.insert_or_assign(anchor, Anchored{node, 1, node.text.size(), 0});
    add(std::move(node));
  }

  [[nodiscard]] bool in_key_position() const {
    return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key;
  }

  void add(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      if (node.pos.line == 0) node.pos = frame.node.pos;
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, std::move(node));
    } else {
      frame.has_key = false;
      if (node.pos.line == 0) node.pos = frame.entry.pos, node.length = frame.entry.length;
      frame.entry.value = std::move(node);
      if (!frame.is_duplicate) frame.node.entries.push_back(std::move(frame.entry));
    }
  }

  void take_key(Frame& frame, Node key) {
    if (!key.is_scalar()) throw Refused{key.pos.line == 0 ? frame.node.pos : key.pos, "a key must be text"};
    // Only a plain << merges; a quoted one is told apart by a byte that no text of a file has.
    if (key.quoted && key.text == "<<") key.text += '\0';
    const auto [it, fresh] = frame.lines.try_emplace(key.text, key.pos.line);
    frame.is_duplicate = !fresh;
    if (!fresh) {
      diagnostics_.error(key.mark(), FaultCode::duplicate_key, "duplicate key \"" + key.text + "\"",
                         key.text == "<<" ? "several are written \"<<: [*a, *b]\""
                                          : "first written on line " + std::to_string(it->second));
    }
    frame.entry = {std::move(key.text), key.pos, key.length, {}};
    frame.has_key = true;
  }

  // What is written in the map itself wins; of several merged maps the first wins (yaml.org/type/merge).
  void merge_keys(Node& map) {
    std::vector<Node> merged;
    for (auto it = map.entries.begin(); it != map.entries.end();) {
      if (it->key != "<<") {
        ++it;
        continue;
      }
      Node value = std::move(it->value);
      it = map.entries.erase(it);
      if (value.is_map()) {
        merged.push_back(std::move(value));
      } else if (value.is_list()) {
        std::move(value.items.begin(), value.items.end(), std::back_inserter(merged));
      } else {
        throw Refused{value.pos, "only a map or a list of maps can be merged", "as in \"<<: *defaults\""};
      }
    }
    auto& lines = frames_.back().lines;
    for (Node& from : merged) {
      if (!from.is_map())
        throw Refused{from.pos, "only a map or a list of maps can be merged", "as in \"<<: *defaults\""};
      for (Entry& entry : from.entries) {
        if (lines.try_emplace(entry.key, entry.pos.line).second) map.entries.push_back(std::move(entry));
      }
    }
  }

  const std::string& file_;
  const std::string& text_;
  Columns columns_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  Node root_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  int documents_ = 0;
};

// The one place where yaml-cpp's exceptions are caught. False after a fault.
bool read_events(Builder& builder, const std::string& text, Diagnostics& diagnostics) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const Refused& refused) {
    diagnostics.error({refused.pos}, refused.code, refused.message, refused.hint);
  } catch (const YAML::Exception& fault) {
    diagnostics.error({builder.place(fault.mark)}, FaultCode::yaml_syntax, "not valid YAML: " + fault.msg);
  }
  return false;
}

}  // namespace

const Node* Node::find(const std::string& key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(const std::string& key) {
  for (Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Document parse_document(const std::string& file, const std::string& text, Diagnostics& diagnostics) {
  diagnostics.add_source(file, text);
  const SourcePos top{file, 1, 1};
  if (text.size() > kMaxFileBytes) {
    diagnostics.error({top}, FaultCode::too_large, "the file is larger than 4 MiB");
    return {};
  }
  if (const auto bad = first_not_utf8(text)) {
    diagnostics.error({{file, bad->line, bad->column}}, FaultCode::not_utf8, "the file is not UTF-8 text");
    return {};
  }
  Builder builder(file, text, diagnostics);
  Document document;
  const bool read = read_events(builder, text, diagnostics);
  document.root = builder.take_root();
  document.complete = read;
  if (!read) return document;
  if (document.root.is_null()) {
    diagnostics.error({top}, FaultCode::no_services, "the file is empty", "a stack needs \"services:\"");
    document.complete = false;
  } else if (!document.root.is_map()) {
    diagnostics.error(document.root.mark(), FaultCode::wrong_type,
                      "the file must be a map of keys such as \"services:\"");
    document.complete = false;
  }
  return document;
}

}  // namespace stack

// Where a service's output goes: our own bounded log on disk, or nowhere.
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack::service_keys {
namespace {

constexpr std::int64_t kMostFiles = 100;     // what the keeper rotates through
constexpr std::uint64_t kLeastBytes = 4096;  // of one file

struct LoggingReading {
  R& r;
  Logging logging = {};
  const Node* options = nullptr;
};
using L = LoggingReading;

void driver(L& l, const Node& node) {
  const auto text = l.r.reading.text(node, "logging.driver");
  if (!text) return;
  l.logging.driver = *text;
  l.logging.none = *text == "none";
  if (l.logging.none || text->empty() || *text == "json-file" || *text == "local") return;
  l.r.reading.fault(node, FaultCode::never_kept,
                    "logging driver \"" + *text + "\" of " + l.r.reading.owner() +
                        " cannot be kept: stack keeps logs in files of its own",
                    "json-file, local and none are known; \"stack logs -f\" feeds any other");
}

void max_size(L& l, const Node& node) {
  const auto size =
      l.r.reading.value(node, "logging.options.max-size", "a size such as \"10m\"", scalars::bytes);
  if (!size) return;
  if (*size < kLeastBytes) return l.r.reading.wrong(node, "logging.options.max-size", "at least 4k");
  l.logging.max_size = *size;
}

void max_file(L& l, const Node& node) {
  const auto files = l.r.reading.integer(node, "logging.options.max-file", 1, kMostFiles);
  if (files) l.logging.max_files = static_cast<std::uint32_t>(*files);
}

void compress(L& l, const Node& node) {
  if (l.r.reading.truth(node, "logging.options.compress").value_or(false))
    l.r.reading.fault(
        node, FaultCode::never_kept,
        l.r.reading.of("logging.options.compress") + " cannot be kept: logs are read where they lie");
}

// What would be written beside each line in Docker's files, which these are not.
void no_such_field(L& l, const Node& node) {
  l.r.reading.warn(node, FaultCode::no_effect,
                   "this option of " + l.r.reading.of("logging") +
                       " means nothing here: a log holds what was written, and when");
}

// Nobody waits for a log here, so nothing is to be buffered in memory.
void no_waiting(L& l, const Node& node) {
  l.r.reading.warn(
      node, FaultCode::no_effect,
      "this option of " + l.r.reading.of("logging") + " means nothing here: no service waits for the disk");
}

constexpr KeyRule<L> kOptions[] = {
    {"compress", compress},    {"env", no_such_field},          {"env-regex", no_such_field},
    {"labels", no_such_field}, {"labels-regex", no_such_field}, {"max-buffer-size", no_waiting},
    {"max-file", max_file},    {"max-size", max_size},          {"mode", no_waiting},
    {"tag", no_such_field},
};

constexpr KeyRule<L> kKeys[] = {
    {"driver", driver},
    {"options",
     [](L& l, const Node& n) {
       if (!n.is_null() && l.r.reading.is_map(n, "logging.options")) l.options = &n;
     }},
};

}  // namespace

void logging(R& r, const Node& node) {
  if (node.is_null() || !r.reading.is_map(node, "logging")) return;
  L l{r};
  r.reading.keys<L>(node, "logging", kKeys, l);
  if (l.options != nullptr && l.logging.none && !l.options->entries.empty()) {
    r.reading.fault(*l.options, FaultCode::conflicting_keys,
                    r.reading.of("logging.options") + " cannot stand with driver \"none\"");
  } else if (l.options != nullptr) {
    r.reading.keys<L>(*l.options, "logging.options", kOptions, l);
  }
  r.spec.logging = l.logging;
}

}  // namespace stack::service_keys

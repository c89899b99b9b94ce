// `stack load`: the images of an archive, as `docker save`, `podman save` and `skopeo copy` write it.
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/stack/format.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/output.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/standard_input.h"
#include "cmd/stack/verb.h"
#include "core/images/pull.h"

namespace stack::cmd {
namespace {

struct Options {
  std::string input = "-";
  std::string platform;
  bool quiet = false;
};

const char* word_of(PullPhase phase) {
  switch (phase) {
    case PullPhase::looking:
    case PullPhase::copying:
      return "Reading";
    case PullPhase::unpacking:
      return "Unpacking";
    case PullPhase::done:
      break;
  }
  return "Loaded";
}

// One line a phase, on a terminal the bytes too.
class Shown {
 public:
  Shown(Progress& progress, std::string file) : progress_(progress), file_(std::move(file)) {}

  void operator()(const PullProgress& at) {
    if (at.phase == phase_ && progress_.tick_ms() < 0) return;
    phase_ = at.phase;
    std::uint64_t bytes = 0;
    for (const LayerProgress& layer : at.layers) bytes += layer.bytes;
    progress_.show({{"id", "Archive " + file_},
                    {"status", at.phase == PullPhase::done ? "done" : "working"},
                    {"text", word_of(at.phase)},
                    {"details", bytes == 0 ? "" : human_size(bytes)}});
  }

 private:
  Progress& progress_;
  std::string file_;
  std::optional<PullPhase> phase_;
};

Result<int> load_file(const std::string& path, const Options& options) {
  Progress progress(options.quiet ? Telling::quiet : Telling::shown);
  PullOptions pull;
  pull.platform = options.platform;
  pull.progress = Shown(progress, options.input == "-" ? "stdin" : options.input);
  Store store;
  const std::vector<StoredImage> images = TRY(load(store, path, pull));
  progress.finish();
  std::string told;
  for (const StoredImage& image : images)
    told +=
        (image.name.empty() ? "Loaded image ID: " + image.id : "Loaded image: " + shown_name(image)) + "\n";
  print(told);
  return 0;
}

Result<int> load_input(const Options& options) {
  if (options.input != "-") return load_file(options.input, options);
  const StandardInput input = TRY(StandardInput::copy("-i"));
  auto loaded = load_file(input.path(), options);
  return loaded ? loaded : input.named(loaded.error());
}

}  // namespace

Run define_load(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_option("-i,--input", options->input, "The archive; standard input where none is given");
  command.add_option("--platform", options->platform, "Of an image for several, this one: linux/arm64");
  command.add_flag("-q,--quiet", options->quiet, "Without progress");
  return [options] { return load_input(*options); };
}

}  // namespace stack::cmd

#include "cmd/stack/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cmd/stack/format.h"
#include "cmd/stack/output.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

constexpr int kTickMs = 100;
constexpr const char* kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

winsize screen() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {24, 80, 0, 0};
  return size;
}

bool is_live() {
  if (display().progress != "auto") return display().progress == "tty";
  if (display().ansi == "never") return false;
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string(term) != "dumb";
}

std::string text_of(const nlohmann::json& event, const char* key) {
  const auto it = event.find(key);
  return it != event.end() && it->is_string() ? printable(it->get<std::string>()) : "";
}

// As docker compose has it: a line an event, without what is empty.
std::string json_line(const nlohmann::json& event) {
  nlohmann::json line = nlohmann::json::object();
  for (const char* key : {"id", "text", "details"})
    if (const std::string words = text_of(event, key); !words.empty()) line[key] = words;
  std::string status = text_of(event, "status");
  if (!status.empty()) status[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(status[0])));
  line["status"] = status;
  return line.dump() + "\n";
}

}  // namespace

Progress::Progress(Telling telling)
    : quiet_(telling == Telling::quiet || display().progress == "quiet"),
      live_(!quiet_ && is_live()),
      colour_(wants_colour(STDERR_FILENO)) {}
Progress::~Progress() {
  finish();
}

void Progress::show(const nlohmann::json& event) {
  if (quiet_) return;
  if (display().progress == "json") return print_error(json_line(event));
  Item next{text_of(event, "id"),
            text_of(event, "status"),
            text_of(event, "text"),
            text_of(event, "details"),
            0,
            0};
  if (!live_) {
    // A wait is worth a line of its own only with its reason; the words come once for each change of it.
    return print_error(next.id + "  " + next.text + (next.details.empty() ? "" : ": " + next.details) + "\n");
  }
  const auto [at, fresh] = index_.try_emplace(next.id, items_.size());
  if (fresh) items_.push_back({next.id, "", "", "", now(), 0});
  Item& item = items_[at->second];
  if (item.ended != 0 && next.status == "working") item.began = now();
  next.began = item.began;
  next.ended = next.status == "working" ? 0 : now();
  item = std::move(next);
  redraw();
}

int Progress::tick_ms() const {
  return live_ && !items_.empty() ? kTickMs : -1;
}

void Progress::tick() {
  if (!live_) return;
  ++frame_;
  redraw();
}

void Progress::finish() {
  drawn_ = 0;
  items_.clear();
  index_.clear();
}

std::string Progress::line_of(const Item& item, std::size_t id_width, int width_of_screen) const {
  const bool working = item.status == "working";
  const bool bad = item.status == "error";
  const char* sign = working                    ? kFrames[frame_ % std::size(kFrames)]
                     : bad                      ? "✘"
                     : item.status == "warning" ? "!"
                                                : "✔";
  const char* colour = working                    ? "\033[33m"
                       : bad                      ? "\033[31m"
                       : item.status == "warning" ? "\033[33m"
                                                  : "\033[32m";
  const std::string time = elapsed((item.ended != 0 ? item.ended : now()) - item.began);
  std::string words = item.id + std::string(id_width - width(item.id), ' ') + "  " + item.text;
  if (!item.details.empty()) words += ": " + item.details;
  const std::size_t room = static_cast<std::size_t>(std::max(width_of_screen, 20)) - 5 - time.size();
  words = shortened(words, room);
  words += std::string(room - std::min(room, width(words)), ' ');
  const std::string mark = colour_ ? colour + std::string(sign) + kPlain : sign;
  return " " + mark + " " + words + " " + time;
}

// What fits on the screen: the lines that are done go first.
std::vector<const Progress::Item*> Progress::visible(std::size_t rows) const {
  std::vector<const Item*> chosen;
  std::size_t surplus = items_.size() > rows ? items_.size() - rows : 0;
  for (const Item& item : items_) {
    if (surplus > 0 && item.status == "done")
      --surplus;
    else
      chosen.push_back(&item);
  }
  if (chosen.size() > rows) chosen.resize(rows);
  return chosen;
}

void Progress::redraw() {
  const winsize size = screen();
  const std::size_t rows = size.ws_row > 4 ? size.ws_row - 3u : 2u;
  std::size_t id_width = 0;
  std::size_t done = 0;
  for (const Item& item : items_) {
    id_width = std::max(id_width, width(item.id));
    done += item.status == "working" ? 0 : 1;
  }
  std::string text = drawn_ > 0 ? "\033[" + std::to_string(drawn_) + "A\r" : "";
  text += "\033[J[+] " + std::to_string(done) + "/" + std::to_string(items_.size()) + "\n";
  const auto chosen = visible(rows);
  for (const Item* item : chosen) text += line_of(*item, id_width, size.ws_col) + "\n";
  drawn_ = chosen.size() + 1;
  print_error(text);
}

}  // namespace stack::cmd

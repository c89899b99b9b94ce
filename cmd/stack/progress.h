// What the reconciler does, shown while it does it: on a terminal one line an object, redrawn in place; in a
// pipe a line an event.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace stack::cmd {

enum class Telling { shown, quiet };

class Progress {
 public:
  explicit Progress(Telling telling = Telling::shown);  // on standard error, as it is found there
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void show(const nlohmann::json& event);
  // To be called this often while nothing happens; -1: never.
  [[nodiscard]] int tick_ms() const;
  void tick();
  // The list stays as it is now; what comes next is written below it.
  void finish();

 private:
  struct Item {
    std::string id, status, text, details;
    double began = 0, ended = 0;
  };

  void redraw();
  [[nodiscard]] std::string line_of(const Item& item, std::size_t id_width, int width) const;
  [[nodiscard]] std::vector<const Item*> visible(std::size_t rows) const;

  bool quiet_ = false;
  bool live_ = false;
  bool colour_ = false;
  std::vector<Item> items_;  // in the order in which they came
  std::map<std::string, std::size_t> index_;
  std::size_t drawn_ = 0;  // lines on the screen
  unsigned frame_ = 0;
};

}  // namespace stack::cmd

#include "core/logs/log_reader.h"

#include <fcntl.h>

#include <iterator>

#include "core/sys/files.h"

namespace stack::logs {
namespace {

using Untimed = StreamReader::Untimed;

// By time, but never one line of a stream before an earlier one of the same: the clock may have been set
// back.
template <typename Lines>
Lines merge(Lines out, Lines err) {
  Lines all;
  auto o = out.begin();
  auto e = err.begin();
  while (o != out.end() && e != err.end()) all.push_back(std::move(e->time_ns < o->time_ns ? *e++ : *o++));
  std::move(o, out.end(), std::back_inserter(all));
  std::move(e, err.end(), std::back_inserter(all));
  return all;
}

Result<std::vector<Line>> read_both(StreamReader& out, StreamReader& err, Untimed untimed) {
  std::vector<Line> of_out;
  std::vector<Line> of_err;
  TRY(out.read([&](Line line) { of_out.push_back(std::move(line)); }, untimed));
  TRY(err.read([&](Line line) { of_err.push_back(std::move(line)); }, untimed));
  return merge(std::move(of_out), std::move(of_err));
}

}  // namespace

LogReader::LogReader(const std::string& folder)
    : folder_(folder), out_(folder, Stream::out), err_(folder, Stream::err) {}

Result<LogReader> LogReader::open(const std::string& folder) {
  LogReader reader(folder);
  TRY(reader.check_folder());
  return reader;
}

Result<void> LogReader::check_folder() const {
  TRY(open_fd(folder_, O_PATH | O_DIRECTORY));
  return {};
}

// Read from the oldest byte on, for lines have no fixed length; no more than the last `n` of each stream are
// held.
Result<void> LogReader::seek_tail(std::size_t n) {
  const auto read_last = [n](StreamReader& reader) -> Result<std::deque<Line>> {
    std::deque<Line> last;
    TRY(reader.read(
        [&](Line line) {
          last.push_back(std::move(line));
          if (last.size() > n) last.pop_front();
        },
        Untimed::wait));
    return last;
  };
  std::deque<Line> out = TRY(read_last(out_));
  std::deque<Line> err = TRY(read_last(err_));
  tail_ = merge(std::move(out), std::move(err));
  while (tail_.size() > n) tail_.pop_front();
  return {};
}

Result<std::vector<Line>> LogReader::poll() {
  std::vector<Line> fresh = TRY(read_both(out_, err_, Untimed::wait));
  if (tail_.empty()) return fresh;
  std::vector<Line> lines(std::make_move_iterator(tail_.begin()), std::make_move_iterator(tail_.end()));
  tail_.clear();
  std::move(fresh.begin(), fresh.end(), std::back_inserter(lines));
  return lines;
}

std::vector<Line> LogReader::flush() {
  auto rest = read_both(out_, err_, Untimed::take);
  // A folder that has been removed holds nothing more; the lines that had begun are still ours to give.
  std::vector<Line> lines = rest ? *std::move(rest) : std::vector<Line>();
  std::vector<Line> of_out;
  std::vector<Line> of_err;
  out_.give_partial([&](Line line) { of_out.push_back(std::move(line)); });
  err_.give_partial([&](Line line) { of_err.push_back(std::move(line)); });
  for (Line& line : merge(std::move(of_out), std::move(of_err))) lines.push_back(std::move(line));
  return lines;
}

}  // namespace stack::logs

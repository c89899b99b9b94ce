// A log folder as the keeper would write it, for one test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "core/logs/format.h"
#include "core/logs/log_reader.h"
#include "core/sys/files.h"

namespace stack::logs {

class LogFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/stack-logs.XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(folder_)); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::uint64_t size_of(const std::string& name) const {
    struct stat st {};
    return ::stat(path(name).c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
  }
  void append(const std::string& name, const void* bytes, std::size_t size) const {
    std::ofstream(path(name), std::ios::binary | std::ios::app)
        .write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  }
  void append_data(const std::string& stream, const std::string& text) const {
    append(stream + ".log", text.data(), text.size());
  }
  // What the keeper does for each piece: data, then its time.
  void write(const std::string& stream, std::int64_t time_ns, const std::string& text,
             std::uint32_t flags = 0, std::uint32_t lost = 0) const {
    append_data(stream, text);
    if (size_of(stream + ".idx") == 0) begin_index(stream);
    const Piece piece{time_ns, size_of(stream + ".log"), lost, flags};
    append(stream + ".idx", &piece, sizeof piece);
  }
  void begin_index(const std::string& stream) const {
    struct stat st {};
    ASSERT_EQ(::stat(path(stream + ".log").c_str(), &st), 0);
    IndexHeader header;
    header.data_inode = st.st_ino;
    append(stream + ".idx", &header, sizeof header);
  }
  void rename(const std::string& from, const std::string& to) const {
    ASSERT_EQ(std::rename(path(from).c_str(), path(to).c_str()), 0);
  }
  void rotate(const std::string& stream, int files) const {
    for (const char* kind : {".idx", ".log"}) {
      for (int i = files - 1; i > 0; --i) {
        const std::string from = path(stream + kind + (i == 1 ? "" : "." + std::to_string(i - 1)));
        static_cast<void>(std::rename(from.c_str(), path(stream + kind + "." + std::to_string(i)).c_str()));
      }
    }
  }
  [[nodiscard]] LogReader open() const {
    auto reader = LogReader::open(folder_);
    EXPECT_TRUE(reader.ok());
    return *std::move(reader);
  }
  // "1 out text" each.
  static std::vector<std::string> words(const std::vector<Line>& lines) {
    std::vector<std::string> all;
    for (const Line& line : lines)
      all.push_back(std::to_string(line.time_ns) + (line.stream == Stream::out ? " out " : " err ") +
                    line.text);
    return all;
  }
  static std::vector<std::string> poll(LogReader& reader) {
    auto lines = reader.poll();
    EXPECT_TRUE(lines.ok());
    return lines ? words(*lines) : std::vector<std::string>{"failed"};
  }
  // Back-dates the data, as if its keeper had died long ago.
  void set_modified(const std::string& name, time_t seconds) const {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
  }

  using Words = std::vector<std::string>;
  std::string folder_;
};

}  // namespace stack::logs

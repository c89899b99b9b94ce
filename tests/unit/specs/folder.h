// A folder of stack files for one test, and loading from it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "specs/load.h"

namespace stack {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "specsXXXXXX").string();
    path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    options.directory = path_;
    options.project_name = "shop";
  }
  ~Folder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Folder& write(const std::string& file, const std::string& text) {
    const auto whole = std::filesystem::path(path_) / file;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
    return *this;
  }

  [[nodiscard]] Loaded load() const {
    Result<Loaded> loaded = load_stack(options);
    EXPECT_TRUE(loaded.ok()) << loaded.error().words;
    return loaded ? std::move(loaded).value() : Loaded{};
  }
  // The model of files that must be without an error.
  [[nodiscard]] StackSpec spec() const {
    Loaded loaded = load();
    EXPECT_TRUE(loaded.spec) << loaded.diagnostics.render(false);
    return loaded.spec.value_or(StackSpec{});
  }
  [[nodiscard]] const std::string& path() const { return path_; }

  LoadOptions options;

 private:
  std::string path_;
};

inline StackSpec spec_of(const std::string& text) {
  return Folder().write("compose.yaml", text).spec();
}

// `key: value` lines of a service "a", as the model has them.
inline ServiceSpec service_of(const std::string& keys) {
  const StackSpec spec = spec_of("services: {a: {image: \"host:\", " + keys + "}, b: {image: \"host:\"}}\n");
  const auto it = spec.services.find("a");
  return it == spec.services.end() ? ServiceSpec{} : it->second;
}

// "line:column: message", one a line, warnings left out.
inline std::string faults_of(const Folder& folder) {
  std::string text;
  const Loaded loaded = folder.load();
  for (const Diagnostic& d : loaded.diagnostics.all()) {
    if (d.severity != Severity::error) continue;
    text += std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " + d.message + "\n";
  }
  return text;
}
inline std::string faults_of(const std::string& text) {
  return faults_of(Folder().write("compose.yaml", text));
}

}  // namespace stack

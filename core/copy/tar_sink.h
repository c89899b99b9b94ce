// Entries as a tar (pax), written to a descriptor as they come.
#pragma once

#include <memory>
#include <vector>

#include "core/copy/entry.h"

struct archive;

namespace stack::copy {

class TarSink final : public Sink {
 public:
  // `fd` stays the caller's.
  static Result<std::unique_ptr<TarSink>> open(int fd);
  TarSink(const TarSink&) = delete;
  TarSink& operator=(const TarSink&) = delete;
  ~TarSink() override;

  Result<void> put(const Entry& entry, const Content& content) override;
  Result<void> finish() override;

 private:
  explicit TarSink(struct archive* archive) : archive_(archive) {}
  Result<void> write_content(const Content& content);

  struct archive* archive_;
  std::vector<char> buffer_;
};

}  // namespace stack::copy

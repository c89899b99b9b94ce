#include "core/reconcile/storage_lock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include "core/sys/files.h"

namespace stack {
namespace {

TEST(StorageLock, IsSharedByTheOnesAndKeepsTheOthersWaiting) {
  char base[] = "/tmp/storage.XXXXXX";
  ASSERT_NE(::mkdtemp(base), nullptr);
  const std::string lib = std::string(base) + "/lib";
  Result<UniqueFd> one = share_storage(lib);
  Result<UniqueFd> two = share_storage(lib);
  ASSERT_TRUE(one && two);
  std::promise<void> waits;
  std::future<bool> removal =
      std::async(std::launch::async, [&] { return lock_storage([&] { waits.set_value(); }, lib).ok(); });
  waits.get_future().wait();
  one->reset();
  EXPECT_EQ(removal.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  two->reset();
  EXPECT_TRUE(removal.get());
  bool waited = false;
  EXPECT_TRUE(lock_storage([&] { waited = true; }, lib));
  EXPECT_FALSE(waited);
  EXPECT_TRUE(remove_tree(base));
}

}  // namespace
}  // namespace stack

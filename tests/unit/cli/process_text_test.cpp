#include "cmd/stack/process_text.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace stack::cmd {
namespace {

// 2026-11-25 12:00:00 UTC, ten days after the boot.
constexpr Clock kClock{1795608000, 864000, 100};

// The fields behind the name as the kernel writes them, with 3.5 s of processor time.
std::string stat_text(const std::string& name, const std::string& started = "86398000") {
  return "1234 (" + name + ") S 17 1234 1234 34816 1234 4194560 1 2 3 4 300 50 7 8 20 0 1 0 " + started +
         " 100 200 18446744073709551615 1 1 0\n";
}

class ProcessText : public testing::Test {
 protected:
  ProcessText() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(ProcessText, ReadsWhatProcSaysWhateverTheProcessCallsItself) {
  for (const std::string name : {"sleep", "a b", "x) S 1 (y", ")", ""}) {
    const auto stat = parse_process_stat(stat_text(name));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->pid, 1234);
    EXPECT_EQ(stat->parent, 17);
    EXPECT_EQ(stat->cpu_ticks, 350U);
    EXPECT_EQ(stat->started_tick, 86398000U);
  }
}

TEST_F(ProcessText, TakesNothingThatIsCutShort) {
  const std::string whole = stat_text("sleep");
  for (const char* text : {"", "1234", "1234 (sleep", "1234 (sleep)", "1234 (sleep) ", ")(", "x (a) S 1"})
    EXPECT_FALSE(parse_process_stat(text)) << text;
  EXPECT_FALSE(parse_process_stat(whole.substr(0, whole.find(" 8639"))));
}

TEST_F(ProcessText, TakesTheEffectiveUser) {
  EXPECT_EQ(parse_process_user("Name:\tUid:\\n\nUmask:\t0022\nUid:\t1\t100033\t2\t3\nGid:\t7\t8\t9\t9\n"),
            100033U);
  for (const char* text : {"", "Uid:", "\nUid:\t", "\nUid:\tx\ty"})
    EXPECT_EQ(parse_process_user(text), std::nullopt);
}

TEST_F(ProcessText, HasTheColumnsOfPs) {
  const auto stat = parse_process_stat(stat_text("sleep"));
  const std::string cmdline("sleep\0infinity\0", 15);
  const std::vector<std::string> want = {"1234", "17", "17", "11:59", "pts/0", "00:00:03", "sleep infinity"};
  EXPECT_EQ(process_columns(*stat, cmdline, kClock), want);
}

TEST_F(ProcessText, TellsTheDayAndTheYearOfWhatIsOld) {
  const auto at = [](const char* started) {
    return started_text(*parse_process_stat(stat_text("a", started)), kClock);
  };
  EXPECT_EQ(at("86400000"), "12:00");
  EXPECT_EQ(at("77760100"), "12:00");
  EXPECT_EQ(at("77750000"), "Nov24");
  EXPECT_EQ(at("99999999"), "12:00");  // a clock that was set back
  const Clock long_up{kClock.now, 400 * 86400.0, 100};
  EXPECT_EQ(started_text(*parse_process_stat(stat_text("a", "0")), long_up), "2025");
}

TEST_F(ProcessText, NamesTerminals) {
  EXPECT_EQ(terminal_text(0), "?");
  EXPECT_EQ(terminal_text(136 << 8 | 3), "pts/3");
  EXPECT_EQ(terminal_text(137 << 8 | 1), "pts/257");
  EXPECT_EQ(terminal_text(4 << 8 | 1), "tty1");
  EXPECT_EQ(terminal_text(4 << 8 | 64), "ttyS0");
}

TEST_F(ProcessText, TellsProcessorTimeInDaysWhereItIsMuch) {
  ProcessStat stat;
  stat.cpu_ticks = 6500;
  EXPECT_EQ(cpu_time_text(stat, kClock), "00:01:05");
  stat.cpu_ticks = (2 * 86400 + 3 * 3600) * 100ULL;
  EXPECT_EQ(cpu_time_text(stat, kClock), "2-03:00:00");
}

TEST_F(ProcessText, LetsNoCommandLineDriveTheTerminal) {
  ProcessStat stat;
  stat.name = "\033]0;mine\a";
  for (const std::string& hostile :
       {std::string("a\033[2J\0b\nroot 1 0", 16), std::string("\xff\xfe"), std::string("a\rb")}) {
    const std::string text = command_text(stat, hostile);
    EXPECT_EQ(text.find_first_of("\033\n\r\t\xff"), std::string::npos) << text;
  }
  const std::string named = command_text(stat, std::string("\0\0", 2));
  EXPECT_EQ(named.front(), '[');
  EXPECT_EQ(named.find_first_of("\033\a"), std::string::npos) << named;
}

}  // namespace
}  // namespace stack::cmd

#include "tests/unit/logs/log_folder.h"

namespace stack::logs {
namespace {

using LogReading = LogFolder;

TEST_F(LogReading, MergesBothStreamsByTime) {
  write("stdout", 1, "a\nb\n");
  write("stderr", 2, "oops\n");
  write("stdout", 3, "c\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{"1 out a", "1 out b", "2 err oops", "3 out c"}));
  EXPECT_EQ(poll(reader), Words{});
}

TEST_F(LogReading, NeverReordersOneStreamThoughTheClockWasSetBack) {
  write("stdout", 9, "a\n");
  write("stdout", 1, "b\n");
  write("stderr", 5, "x\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{"5 err x", "9 out a", "1 out b"}));
}

TEST_F(LogReading, GivesOnlyWhatCameSince) {
  write("stdout", 1, "a\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
  write("stdout", 2, "b\n");
  EXPECT_EQ(poll(reader), Words{"2 out b"});
}

TEST_F(LogReading, KeepsALineBackUntilItsNewlineAndDatesItByItsBeginning) {
  write("stdout", 1, "begin");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{});
  write("stdout", 2, " end\n");
  EXPECT_EQ(poll(reader), Words{"1 out begin end"});
}

TEST_F(LogReading, ALineWithoutNewlineEndsWithItsProcess) {
  write("stdout", 1, "last words");
  write("stdout", 2, "", Piece::kEnded);
  write("stdout", 3, "next run\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{"1 out last words", "3 out next run"}));
}

TEST_F(LogReading, FlushGivesTheUnfinishedLine) {
  write("stdout", 1, "unfinished");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{});
  EXPECT_EQ(words(reader.flush()), Words{"1 out unfinished"});
  EXPECT_EQ(words(reader.flush()), Words{});
}

TEST_F(LogReading, ReadsOldFilesBeforeNewOnes) {
  write("stdout", 1, "a\nhalf");
  rotate("stdout", 3);
  write("stdout", 2, " whole\n");
  rotate("stdout", 3);
  write("stdout", 3, "c\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{"1 out a", "1 out half whole", "3 out c"}));
}

TEST_F(LogReading, FollowsOverRotationsWhileReading) {
  write("stdout", 1, "a\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
  write("stdout", 2, "b\n");
  rotate("stdout", 3);
  write("stdout", 3, "c\n");
  rotate("stdout", 3);
  write("stdout", 4, "d\n");
  EXPECT_EQ(poll(reader), (Words{"2 out b", "3 out c", "4 out d"}));
}

TEST_F(LogReading, GoesOnWithTheOldestWhenItsFileWasDropped) {
  write("stdout", 1, "a\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
  for (int i = 2; i < 6; ++i) {
    rotate("stdout", 3);
    write("stdout", i, std::to_string(i) + "\n");
  }
  EXPECT_EQ(poll(reader), (Words{"3 out 3", "4 out 4", "5 out 5"}));
}

TEST_F(LogReading, AHalfLineIsNotJoinedToWhatFollowsADroppedFile) {
  write("stdout", 1, "half");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{});
  for (int i = 2; i < 6; ++i) {
    rotate("stdout", 3);
    write("stdout", i, std::to_string(i) + "\n");
  }
  EXPECT_EQ(poll(reader), (Words{"1 out half", "3 out 3", "4 out 4", "5 out 5"}));
}

TEST_F(LogReading, FindsTheIndexByItsDataWhenTheKeeperDiedBetweenTheRenames) {
  write("stdout", 1, "a\n");
  rename("stdout.idx", "stdout.idx.1");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
}

TEST_F(LogReading, DataWithoutAPieceTakesTheTimeOfTheFile) {
  write("stdout", 1, "a\n");
  append_data("stdout", "orphan\n");
  set_modified("stdout.log", 5);
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{"1 out a", "5000000000 out orphan"}));
}

TEST_F(LogReading, DataWhosePieceIsAboutToComeIsWaitedFor) {
  write("stdout", 1, "a\n");
  append_data("stdout", "b\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
  write("stdout", 2, "");
  EXPECT_EQ(poll(reader), Words{"2 out b"});
}

TEST_F(LogReading, FlushWaitsForNoPiece) {
  write("stdout", 1, "a\n");
  append_data("stdout", "b\n");
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
  const std::vector<Line> rest = reader.flush();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].text, "b");
}

TEST_F(LogReading, ReadsWithoutAnIndex) {
  append_data("stdout", "a\n");
  set_modified("stdout.log", 7);
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"7000000000 out a"});
}

TEST_F(LogReading, AnIndexOfMoreThanThereIsIsReadAsFarAsTheDataGoes) {
  write("stdout", 1, "a\nb\n");
  ASSERT_EQ(::truncate(path("stdout.log").c_str(), 2), 0);
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
}

TEST_F(LogReading, ATornPieceIsNotRead) {
  write("stdout", 1, "a\n");
  append("stdout.idx", "torn", 4);
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{"1 out a"});
}

TEST_F(LogReading, ToldLossesAreShownWhereTheyHappened) {
  write("stdout", 1, "a\n");
  write("stdout", 2, "b\n", 0, 42);
  LogReader reader = open();
  const Words lines = poll(reader);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[1].find("42 bytes were lost here"), std::string::npos);
}

TEST_F(LogReading, ALineOfManyMegabytesComesInParts) {
  write("stdout", 1, std::string(kLongestLine + 5, 'x') + "\ny\n");
  LogReader reader = open();
  auto lines = reader.poll();
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ((*lines)[0].text.size(), kLongestLine);
  EXPECT_EQ((*lines)[1].text, "xxxxx");
  EXPECT_EQ((*lines)[2].text, "y");
}

TEST_F(LogReading, BytesThatAreNoTextComeAsTheyAre) {
  write("stdout", 1, std::string("a\0b\xff\n\n", 6));
  LogReader reader = open();
  EXPECT_EQ(poll(reader), (Words{std::string("1 out a\0b\xff", 10), "1 out "}));
}

TEST_F(LogReading, TheTailIsOfBothStreamsTogether) {
  write("stdout", 1, "a\n");
  write("stderr", 2, "b\n");
  write("stdout", 3, "c\n");
  write("stderr", 4, "d\n");
  LogReader reader = open();
  ASSERT_TRUE(reader.seek_tail(2));
  EXPECT_EQ(poll(reader), (Words{"3 out c", "4 err d"}));
  write("stdout", 5, "e\n");
  EXPECT_EQ(poll(reader), Words{"5 out e"});
}

TEST_F(LogReading, ATailOfNothingGivesOnlyWhatComes) {
  write("stdout", 1, "a\nhal");
  LogReader reader = open();
  ASSERT_TRUE(reader.seek_tail(0));
  EXPECT_EQ(poll(reader), Words{});
  write("stdout", 2, "f\n");
  EXPECT_EQ(poll(reader), Words{"1 out half"});
}

TEST_F(LogReading, AnEmptyFolderIsNoFaultAndAMissingOneIs) {
  LogReader reader = open();
  EXPECT_EQ(poll(reader), Words{});
  write("stderr", 1, "late\n");
  EXPECT_EQ(poll(reader), Words{"1 err late"});
  const auto missing = LogReader::open(folder_ + "/nowhere");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
}

}  // namespace
}  // namespace stack::logs

#include <gtest/gtest.h>

#include "specs/utf8.h"

namespace stack {
namespace {

TEST(Printable, EscapesWhatDrivesATerminal) {
  EXPECT_EQ(printable("plain\ttext"), "plain\ttext");
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(printable(std::string("nul\0", 4)), "nul\\x00");
  EXPECT_EQ(printable("\x7f\r\n"), "\\x7f\\x0d\\x0a");
}

TEST(Printable, KeepsUtf8AndEscapesWhatOnlyLooksLikeIt) {
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x99"), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x99");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");                                                  // CSI as a C1 control
  EXPECT_EQ(printable("\xc0\x9b\xed\xa0\x80"), "\\xc0\\x9b\\xed\\xa0\\x80");  // overlong; surrogate
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

}  // namespace
}  // namespace stack

// Layers for tests, made by libarchive's writer: it takes any name and any link.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace stack::test {

struct TarEntry {
  std::string path;
  mode_t type = S_IFREG;
  std::string content;  // of a file, or where a link points
  std::string hardlink;
  mode_t mode = 0644;
  std::int64_t uid = 0, gid = 0;
  std::int64_t mtime = 1000000000;
  long mtime_nsec = 0;
  dev_t device = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;
  std::int64_t size = -1;                                     // other than that of the content
  std::vector<std::pair<std::int64_t, std::int64_t>> sparse;  // offset and length of what is no hole
};

inline TarEntry file(std::string path, std::string content) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.content = std::move(content);
  return entry;
}
inline TarEntry folder(std::string path, mode_t mode = 0755) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = S_IFDIR;
  entry.mode = mode;
  return entry;
}
inline TarEntry symlink(std::string path, std::string target) {
  TarEntry entry = file(std::move(path), std::move(target));
  entry.type = S_IFLNK;
  return entry;
}
inline TarEntry hard_link(std::string path, std::string target) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.hardlink = std::move(target);
  return entry;
}
inline TarEntry node(std::string path, mode_t type, dev_t device) {
  TarEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.device = device;
  return entry;
}

enum class TarFormat { pax, gnu, ustar };
enum class TarFilter { none, gzip, zstd };

inline la_ssize_t append_to(struct archive*, void* text, const void* bytes, size_t count) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

inline void write_entry(struct archive* archive, const TarEntry& one) {
  struct archive_entry* entry = archive_entry_new();
  archive_entry_copy_pathname(entry, one.path.c_str());
  archive_entry_set_filetype(entry, one.type);
  archive_entry_set_perm(entry, one.mode);
  archive_entry_set_uid(entry, one.uid);
  archive_entry_set_gid(entry, one.gid);
  archive_entry_set_mtime(entry, one.mtime, one.mtime_nsec);
  archive_entry_set_rdev(entry, one.device);
  const bool has_content = one.type == S_IFREG && one.hardlink.empty();
  const auto size = static_cast<std::int64_t>(one.content.size());
  archive_entry_set_size(entry, has_content ? (one.size >= 0 ? one.size : size) : 0);
  if (one.type == S_IFLNK) archive_entry_copy_symlink(entry, one.content.c_str());
  if (!one.hardlink.empty()) archive_entry_copy_hardlink(entry, one.hardlink.c_str());
  for (const auto& [name, value] : one.xattrs)
    archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
  for (const auto& [offset, length] : one.sparse) archive_entry_sparse_add_entry(entry, offset, length);
  archive_write_header(archive, entry);
  if (has_content && !one.content.empty())
    archive_write_data(archive, one.content.data(), one.content.size());
  archive_entry_free(entry);
}

inline std::string tar_of(const std::vector<TarEntry>& entries, TarFormat format = TarFormat::pax,
                          TarFilter filter = TarFilter::none) {
  std::string text;
  struct archive* archive = archive_write_new();
  if (format == TarFormat::pax) archive_write_set_format_pax(archive);
  if (format == TarFormat::gnu) archive_write_set_format_gnutar(archive);
  if (format == TarFormat::ustar) archive_write_set_format_ustar(archive);
  if (filter == TarFilter::gzip) archive_write_add_filter_gzip(archive);
  if (filter == TarFilter::zstd) archive_write_add_filter_zstd(archive);
  archive_write_set_bytes_in_last_block(archive, 1);  // nothing behind the compressed data
  archive_write_open(archive, &text, nullptr, &append_to, nullptr);
  for (const TarEntry& entry : entries) write_entry(archive, entry);
  archive_write_close(archive);
  archive_write_free(archive);
  return text;
}

// A header alone, which says of a file what no writer would. Of a sparse one (GNU's old format) it is all,
// without data.
enum class HeaderType : char { file = '0', sparse = 'S', extended = 'x' };
inline std::string lone_header(const std::string& name, std::uint64_t size, HeaderType type) {
  const bool sparse = type == HeaderType::sparse;
  std::string header(512, '\0');
  const auto number = [&](std::size_t at, std::uint64_t value) {
    header[at] = '\x80';  // base 256
    for (std::size_t i = 0; i < 8; ++i) header[at + 11 - i] = static_cast<char>(value >> (8 * i));
  };
  header.replace(0, name.size(), name);
  header.replace(100, 7, "0000644");
  header.replace(108, 7, "0000000");
  header.replace(116, 7, "0000000");
  header.replace(136, 11, "07346545000");
  header[156] = static_cast<char>(type);
  header.replace(257, 8, "ustar  ", 8);
  number(124, sparse ? 0 : size);
  if (sparse) {
    number(386, size);  // where its only piece of data begins, of no bytes
    number(398, 0);
    number(483, size);
  }
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  header.replace(148, 7, std::string(text, 7));
  return header;
}

// An empty file whose name is in an extended header (PAX), in UTF-8 as that has it.
inline std::string extended_name(const std::string& name) {
  const std::string record = " path=" + name + "\n";
  std::string text = std::to_string(record.size() + 2) + record;  // of two digits, and counted itself
  const std::size_t size = text.size();
  text.resize(512, '\0');
  return lone_header("pax", size, HeaderType::extended) + text + lone_header("short", 0, HeaderType::file);
}

}  // namespace stack::test

// The launcher as it is built: static, position-independent, small, and nothing in it that a libc or an allocator would be.
#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "check.h"

namespace {

// Each launch copies none of it, but every process of a detached container's maps it.
constexpr size_t kMostBytes = 64 * 1024;

// What has a C name. Compilers call the first four for code that has no call in it (GCC, "Standards"), the linker makes the
// last one.
const std::set<std::string> kAllowed = {
    "memcpy", "memmove", "memset", "memcmp", "_start", "cofferdamMain", "_GLOBAL_OFFSET_TABLE_"};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Part>
const Part* at(const std::string& file, size_t offset) {
  return reinterpret_cast<const Part*>(file.data() + offset);
}

std::vector<Elf64_Phdr> segments(const std::string& file) {
  auto* header = at<Elf64_Ehdr>(file, 0);
  auto* first = at<Elf64_Phdr>(file, header->e_phoff);
  return {first, first + header->e_phnum};
}

// Names of the symbols of an object file that the linker sees.
std::set<std::string> symbols(const std::string& file, bool defined) {
  std::set<std::string> names;
  auto* header = at<Elf64_Ehdr>(file, 0);
  auto* sections = at<Elf64_Shdr>(file, header->e_shoff);
  for (unsigned i = 0; i < header->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB) continue;
    auto* symbol = at<Elf64_Sym>(file, sections[i].sh_offset);
    for (size_t k = 1; k < sections[i].sh_size / sizeof(Elf64_Sym); k++)
      if (ELF64_ST_BIND(symbol[k].st_info) != STB_LOCAL && (symbol[k].st_shndx != SHN_UNDEF) == defined)
        names.insert(file.data() + sections[sections[i].sh_link].sh_offset + symbol[k].st_name);
  }
  return names;
}

std::vector<std::string> objects() {
  std::vector<std::string> paths;
  std::string list = COFFERDAM_LAUNCHER_OBJECTS;
  for (size_t from = 0, to; from < list.size(); from = to + 1) {
    to = std::min(list.find(':', from), list.size());
    paths.push_back(list.substr(from, to - from));
  }
  return paths;
}

}  // namespace

TEST("a small static executable that needs no address and no loader") {
  std::string file = read(COFFERDAM_LAUNCHER);
  CHECK(file.size() > sizeof(Elf64_Ehdr));
  CHECK(file.size() <= kMostBytes);
  CHECK(at<Elf64_Ehdr>(file, 0)->e_type == ET_DYN);
  bool hasDynamic = false, hasStack = false;
  for (const Elf64_Phdr& segment : segments(file)) {
    CHECK(segment.p_type != PT_INTERP);
    CHECK((segment.p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
    hasStack |= segment.p_type == PT_GNU_STACK;
    if (segment.p_type != PT_DYNAMIC) continue;
    hasDynamic = true;
    for (auto* entry = at<Elf64_Dyn>(file, segment.p_offset); entry->d_tag != DT_NULL; entry++) {
      CHECK(entry->d_tag != DT_NEEDED);
      // Nobody would relocate it.
      CHECK(entry->d_tag != DT_RELASZ && entry->d_tag != DT_RELSZ && entry->d_tag != DT_JMPREL);
      if (entry->d_tag == DT_FLAGS_1) CHECK(entry->d_un.d_val & DF_1_PIE);
    }
  }
  CHECK(hasDynamic && hasStack);
}

TEST("names of C: the compiler's four and the entry; no allocator, no libc") {
  std::set<std::string> defined, wanted;
  for (const std::string& path : objects()) {
    std::string file = read(path);
    CHECK(file.size() > sizeof(Elf64_Ehdr));
    defined.merge(symbols(file, true));
    wanted.merge(symbols(file, false));
  }
  CHECK(defined.count("cofferdamMain") == 1);
  for (const std::string& name : wanted)
    if (!defined.count(name) && !kAllowed.count(name)) std::printf("# wanted of nobody: %s\n", name.c_str());
  for (const std::string& name : wanted) CHECK(defined.count(name) || kAllowed.count(name));
  for (const std::set<std::string>& names : {defined, wanted})
    for (const std::string& name : names) {
      bool isOurs = name.find("cofferdam") != std::string::npos || kAllowed.count(name);
      // operator new and delete, the run time of exceptions, guards of static variables.
      bool isRunTime = name.rfind("_Zn", 0) == 0 || name.rfind("_Zd", 0) == 0 || name.rfind("__cxa", 0) == 0;
      if (!isOurs || isRunTime) std::printf("# not allowed: %s\n", name.c_str());
      CHECK(isOurs && !isRunTime);
    }
}

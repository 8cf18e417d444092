#include "library.h"
#include <cstring>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <string>

void Library::poison() const {
    for (const Part& part : parts) memset(part.start, 0xCB, part.bytes);
}

// `__shared__` variables are static ones, and a kernel has no others that can be written: those are the objects with a C++ name in `.bss`,
// but for the table of the machine.
bool describe(void* handle, const char* path, Library& out) {
    link_map* map = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) || !map) return false;
    std::ifstream file(path, std::ios::binary);
    std::string all{ std::istreambuf_iterator<char>(file), {} };
    if (all.size() < sizeof(Elf64_Ehdr)) return false;
    auto* header = (const Elf64_Ehdr*)all.data();
    auto* sections = (const Elf64_Shdr*)(all.data() + header->e_shoff);
    auto name_of = [&](const Elf64_Shdr& s) { return std::string(all.data() + sections[header->e_shstrndx].sh_offset + s.sh_name); };
    for (int i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB) continue;
        auto* symbols = (const Elf64_Sym*)(all.data() + sections[i].sh_offset);
        const char* names = all.data() + sections[sections[i].sh_link].sh_offset;
        for (size_t k = 0; k < sections[i].sh_size / sizeof(Elf64_Sym); k++) {
            const Elf64_Sym& symbol = symbols[k];
            const char* name = names + symbol.st_name;
            if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && (strstr(name, "__syncthreads") || strstr(name, "emulated_wait"))) out.waits = true;
            bool object = ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT && symbol.st_shndx < header->e_shnum;
            if (!object || strncmp(name, "_Z", 2) || strstr(name, "7machine") || name_of(sections[symbol.st_shndx]) != ".bss") continue;
            out.parts.push_back({ (unsigned char*)map->l_addr + symbol.st_value, symbol.st_size });
            out.shared += symbol.st_size;
        }
        return true;
    }
    return false;
}

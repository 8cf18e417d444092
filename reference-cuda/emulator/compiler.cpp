// The entry points of libnvrtc that the backend uses. CUDA C++ goes to a host compiler, with `kernel.h` before it; the "cubin" is the
// path of a library. Name expressions become numbered functions.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#define ENTRY extern "C" __attribute__((visibility("default"))) int

namespace {
struct Program {
    std::string source, log, image;
    std::vector<std::string> expressions;
    std::map<std::string, std::string> names;
};

// The folder of this library, where `kernel.h` lies as well.
std::string here() {
    Dl_info info;
    dladdr((void*)here, &info);
    std::string path = info.dli_fname;
    return path.substr(0, path.rfind('/'));
}

std::string given(const char* name, const char* otherwise) {
    const char* text = getenv(name);
    return text ? text : otherwise;
}

// Plants a fault: `EMULATED_EDIT_FROM` becomes `EMULATED_EDIT_TO` where it occurs. Tells so, and whether it occurs more than once.
std::string edited(std::string source) {
    std::string from = given("EMULATED_EDIT_FROM", ""), to = given("EMULATED_EDIT_TO", "");
    size_t at = from.empty() ? std::string::npos : source.find(from);
    if (at == std::string::npos) return source;
    bool once = source.find(from, at + 1) == std::string::npos;
    fprintf(stderr, once ? "emulated compiler: a fault was planted\n" : "emulated compiler: the place of a fault is not clear\n");
    return once ? source.replace(at, from.size(), to) : source;
}

// FNV-1a.
unsigned long long hash(const std::string& text) {
    unsigned long long h = 14695981039346656037ull;
    for (unsigned char c : text) h = (h ^ c) * 1099511628211ull;
    return h;
}

}

ENTRY nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return 0; }
ENTRY nvrtcCreateProgram(Program** out, const char* source, const char*, int, const char* const*, const char* const*) {
    *out = new Program;
    (*out)->source = source;
    return 0;
}
ENTRY nvrtcDestroyProgram(Program** program) { delete *program; *program = nullptr; return 0; }
ENTRY nvrtcAddNameExpression(Program* program, const char* expression) { program->expressions.push_back(expression); return 0; }

ENTRY nvrtcCompileProgram(Program* program, int, const char* const*) {
    std::stringstream text;
    text << "#include \"kernel.h\"\n#line 1 \"kernel.cu\"\n" << edited(program->source) << "\n#line 1 \"names\"\n";
    for (size_t i = 0; i < program->expressions.size(); i++) {
        text << "EMULATED_KERNEL(" << i << ", &" << program->expressions[i] << ")\n";
        program->names[program->expressions[i]] = "emulated_kernel_" + std::to_string(i);
    }
    std::string compiler = given("EMULATED_CXX", "g++"), flags = given("EMULATED_CXXFLAGS", "-O1");
    char name[32];
    snprintf(name, sizeof name, "%016llx", hash(text.str() + compiler + flags));
    std::string folder = here() + "/kernels", stem = folder + "/" + name, library = stem + ".so";
    if (access(library.c_str(), R_OK)) {
        // Made under a name of its own and moved into place: others may make the same at the same time.
        static std::atomic<int> made{0};
        std::string own = stem + "." + std::to_string(getpid()) + "-" + std::to_string(made++);
        (void)!system(("mkdir -p '" + folder + "'").c_str());
        std::ofstream(own + ".cpp") << text.str();
        // No contraction: --fmad=false. Functions without a visible name are dropped.
        std::string command = compiler + " -std=c++17 -w -shared -fPIC -fvisibility=hidden -ffp-contract=off -fno-exceptions -fwrapv "
                              "-fno-strict-aliasing -fno-math-errno " + flags + " -I'" + here() + "' -o '" + own + ".so' '" + own +
                              ".cpp' 2> '" + own + ".log' -lm";
        int status = system(command.c_str());
        std::stringstream log;
        log << std::ifstream(own + ".log").rdbuf();
        program->log = log.str();
        unlink((own + ".log").c_str());
        if (status) {
            unlink((own + ".cpp").c_str());
            return 6; // NVRTC_ERROR_COMPILATION
        }
        rename((own + ".cpp").c_str(), (stem + ".cpp").c_str());
        rename((own + ".so").c_str(), library.c_str());
    }
    program->image = "EMULATED:" + library;
    return 0;
}

ENTRY nvrtcGetLoweredName(Program* program, const char* expression, const char** out) {
    auto found = program->names.find(expression);
    if (found == program->names.end()) return 10; // NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID
    *out = found->second.c_str();
    return 0;
}
ENTRY nvrtcGetCUBINSize(Program* program, size_t* out) { *out = program->image.size() + 1; return 0; }
ENTRY nvrtcGetCUBIN(Program* program, char* out) { strcpy(out, program->image.c_str()); return 0; }
ENTRY nvrtcGetProgramLogSize(Program* program, size_t* out) { *out = program->log.size() + 1; return 0; }
ENTRY nvrtcGetProgramLog(Program* program, char* out) { strcpy(out, program->log.c_str()); return 0; }

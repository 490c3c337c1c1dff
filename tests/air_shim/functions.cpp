// What the host and the kernels ask of the table.

#include "functions.h"

namespace air {

void Table::insert(const std::string &name, Name result, std::initializer_list<Name> parameters,
                   void (*call)(void *, void **)) {
    std::string list;
    for (Name parameter : parameters) list += (list.empty() ? "" : ", ") + parameter();
    functions[name] = {result() + " (" + list + ")", call};
}

const Function *Table::find(const std::string &name) const {
    auto found = functions.find(name);
    return found == functions.end() ? nullptr : &found->second;
}

std::string Table::list() const {
    std::string lines;
    for (const auto &[name, function] : functions) lines += name + " " + function.type + "\n";
    return lines;
}

}  // namespace air

namespace {

const air::Table &table() {
    static const air::Table made = [] {
        air::Table table;
        air::add_numbers(table);
        air::add_lanes(table);
        air::add_memory(table);
        return table;
    }();
    return made;
}

}  // namespace

extern "C" {

// A line for each function: its name, then its type.
const char *shim_air_functions(void) {
    static const std::string list = table().list();
    return list.c_str();
}

// Which function has this name. The host has seen to it that there is one.
void (*shim_air_function(const char *name))(void *, void **) { return table().find(name)->call; }

}

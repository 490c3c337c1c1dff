// What the host and the kernels ask of the table.

#include "functions.h"

namespace air {

void Table::insert(const std::string &name, Name result, std::initializer_list<Name> parameters, Function call) {
    std::string list;
    for (Name parameter : parameters) list += (list.empty() ? "" : ", ") + parameter();
    functions[name + " " + result() + " (" + list + ")"] = call;
}

Function Table::find(const std::string &name_and_type) const {
    auto found = functions.find(name_and_type);
    return found == functions.end() ? nullptr : found->second;
}

std::string Table::list() const {
    std::string lines;
    for (const auto &[name_and_type, function] : functions) lines += name_and_type + "\n";
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

// The function of this name and type. The host has seen to it that there is one.
air::Function shim_air_function(const char *name_and_type) { return table().find(name_and_type); }

}

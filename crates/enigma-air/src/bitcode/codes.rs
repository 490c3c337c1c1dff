//! LLVM's numbers for blocks, records, attributes and operations, by LLVM's names.

/// Blocks.
pub(super) mod block {
    pub const MODULE: u64 = 8;
    pub const PARAMATTR: u64 = 9;
    pub const PARAMATTR_GROUP: u64 = 10;
    pub const CONSTANTS: u64 = 11;
    pub const FUNCTION: u64 = 12;
    pub const IDENTIFICATION: u64 = 13;
    pub const VALUE_SYMTAB: u64 = 14;
    pub const METADATA: u64 = 15;
    pub const TYPE: u64 = 17;
    pub const STRTAB: u64 = 23;
}

/// Records of the identification block.
pub(super) mod identification {
    pub const STRING: u64 = 1;
    pub const EPOCH: u64 = 2;
}

/// Records of the module block.
pub(super) mod module {
    pub const VERSION: u64 = 1;
    pub const TRIPLE: u64 = 2;
    pub const DATALAYOUT: u64 = 3;
    pub const SECTIONNAME: u64 = 5;
    pub const GLOBALVAR: u64 = 7;
    pub const FUNCTION: u64 = 8;
    pub const SOURCE_FILENAME: u64 = 16;
}

/// Records of the two blocks of attributes.
pub(super) mod paramattr {
    pub const ENTRY: u64 = 2;
    pub const GROUP_ENTRY: u64 = 3;
}

/// Records of the type block.
pub(super) mod ty {
    pub const NUMENTRY: u64 = 1;
    pub const VOID: u64 = 2;
    pub const FLOAT: u64 = 3;
    pub const OPAQUE: u64 = 6;
    pub const INTEGER: u64 = 7;
    pub const POINTER: u64 = 8;
    pub const HALF: u64 = 10;
    pub const ARRAY: u64 = 11;
    pub const VECTOR: u64 = 12;
    pub const STRUCT_ANON: u64 = 18;
    pub const STRUCT_NAME: u64 = 19;
    pub const FUNCTION: u64 = 21;
    pub const BFLOAT: u64 = 23;
}

/// Records of the block of constants.
pub(super) mod constant {
    pub const SETTYPE: u64 = 1;
    pub const NULL: u64 = 2;
    pub const UNDEF: u64 = 3;
    pub const INTEGER: u64 = 4;
    pub const FLOAT: u64 = 6;
    pub const AGGREGATE: u64 = 7;
}

/// Records of the metadata block.
pub(super) mod metadata {
    pub const VALUE: u64 = 2;
    pub const NODE: u64 = 3;
    pub const NAME: u64 = 4;
    pub const NAMED_NODE: u64 = 10;
    pub const STRINGS: u64 = 35;
}

/// Records of a function's block.
pub(super) mod function {
    pub const DECLAREBLOCKS: u64 = 1;
    pub const BINOP: u64 = 2;
    pub const CAST: u64 = 3;
    pub const EXTRACTELT: u64 = 6;
    pub const INSERTELT: u64 = 7;
    pub const RET: u64 = 10;
    pub const BR: u64 = 11;
    pub const PHI: u64 = 16;
    pub const ALLOCA: u64 = 19;
    pub const LOAD: u64 = 20;
    pub const EXTRACTVAL: u64 = 26;
    pub const CMP2: u64 = 28;
    pub const VSELECT: u64 = 29;
    pub const CALL: u64 = 34;
    pub const GEP: u64 = 43;
    pub const STORE: u64 = 44;
}

/// Records of the names of a function's values.
pub(super) mod symtab {
    pub const ENTRY: u64 = 1;
    pub const BBENTRY: u64 = 2;
}

/// Records of the block of names.
pub(super) mod strtab {
    pub const BLOB: u64 = 1;
}

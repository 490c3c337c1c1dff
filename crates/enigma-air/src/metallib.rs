//! The `.metallib` container: compiled kernels in the one file that Metal loads, written without Apple's tools.
//!
//! ```text
//! header              88 bytes: what the library is for, and where the four sections are
//! function list       for each kernel its name, its hash, and where its parts are
//! header extension    the library's UUID
//! public metadata     for each kernel its function constants
//! private metadata    for each kernel nothing
//! bitcode             for each kernel its module
//! ```
//!
//! `docs/metallib.md` has the format byte by byte, and says who found it out. The output depends on the input alone: the
//! same kernels give the same bytes.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use enigma_ir::DType;
use enigma_ir::target::{System, Version};
use sha2::{Digest, Sha256};

/// A kernel, compiled.
#[derive(Clone, Debug)]
pub struct Function {
    /// By which Metal finds it.
    pub name: String,
    /// The LLVM module that defines it, as bitcode without a wrapper.
    pub bitcode: Vec<u8>,
    /// What is chosen when a pipeline is made of it.
    pub constants: Vec<Constant>,
}

/// A function constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// By which it may be chosen.
    pub name: String,
    /// By which it may be chosen as well.
    pub index: u32,
    /// Its type.
    pub dtype: DType,
}

/// Why kernels make no library.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// There is no kernel.
    Empty,
    /// Nothing can be found by this name: it is empty, or has a zero byte in it.
    Name(String),
    /// Two kernels have this name.
    Duplicate(String),
    /// The name that begins so is longer than [`LONGEST_NAME`].
    LongName {
        /// Its first letters.
        start: String,
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// What was given as this kernel's module is no bitcode, or has its wrapper already.
    NotBitcode(String),
    /// This kernel's module is larger than the container can tell: 4 GiB.
    LargeBitcode(String),
    /// A function constant of this kernel has an index above 65535.
    Index {
        /// The kernel's name.
        function: String,
        /// The index.
        index: u32,
    },
    /// The list of this kernel's function constants takes more than the 65535 bytes that the container can tell.
    ManyConstants(String),
}

impl Error {
    /// What is wrong.
    pub fn message(&self) -> String {
        match self {
            Error::Empty => "a library holds at least one kernel".to_owned(),
            Error::Name(name) => format!("nothing can be called {name:?}"),
            Error::Duplicate(name) => format!("two kernels are called `{name}`, and Metal tells them by name"),
            Error::LongName { start, bytes } => {
                format!("the name `{start}…` takes {bytes} bytes, and a library has room for {LONGEST_NAME}")
            }
            Error::NotBitcode(name) => format!("the module of `{name}` is no bitcode"),
            Error::LargeBitcode(name) => format!("the bitcode of `{name}` takes 4 GiB or more"),
            Error::Index { function, index } => {
                format!("the index of function constant {index} of `{function}` is above 65535")
            }
            Error::ManyConstants(name) => format!("the function constants of `{name}` take more than 65535 bytes"),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Error::Empty => "give one",
            Error::Name(_) => "give a name of letters, digits and `_`",
            Error::Duplicate(_) => "rename one",
            Error::LongName { .. } => "shorten it",
            Error::NotBitcode(_) => "give it as LLVM writes it, unwrapped",
            Error::LargeBitcode(_) => "make it several kernels",
            Error::Index { .. } => "choose a smaller one",
            Error::ManyConstants(_) => "use fewer, or shorten their names",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message(), self.help())
    }
}

impl std::error::Error for Error {}

/// Bytes of the longest name: its length and a final zero stand in 16 bits.
pub const LONGEST_NAME: usize = u16::MAX as usize - 1;

/// With which LLVM's bitcode starts.
const BITCODE_MAGIC: [u8; 4] = *b"BC\xC0\xDE";
const HEADER_SIZE: usize = 88;

/// A library of these kernels, in their order.
///
/// # Errors
///
/// Where the container has no room for a number, or two kernels have one name. Names that the kernel language takes are
/// neither empty nor have zeros in them.
pub fn write(functions: &[Function], system: System) -> Result<Vec<u8>, Error> {
    check(functions)?;
    let mut sections = Sections::default();
    sections.list.extend((functions.len() as u32).to_le_bytes());
    for function in functions {
        sections.push(function, system)?;
    }
    Ok(sections.assemble(system))
}

fn check(functions: &[Function]) -> Result<(), Error> {
    if functions.is_empty() {
        return Err(Error::Empty);
    }
    let mut names = HashSet::new();
    for function in functions {
        check_name(&function.name)?;
        if !names.insert(&function.name) {
            return Err(Error::Duplicate(function.name.clone()));
        }
        if !function.bitcode.starts_with(&BITCODE_MAGIC) {
            return Err(Error::NotBitcode(function.name.clone()));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.contains('\0') {
        return Err(Error::Name(name.to_owned()));
    }
    if name.len() > LONGEST_NAME {
        return Err(Error::LongName { start: name.chars().take(32).collect(), bytes: name.len() });
    }
    Ok(())
}

/// The parts of the file as they grow. Offsets within the function list count from the start of the section they point into.
#[derive(Default)]
struct Sections {
    list: Vec<u8>,
    public: Vec<u8>,
    private: Vec<u8>,
    bitcode: Vec<u8>,
}

impl Sections {
    fn push(&mut self, function: &Function, system: System) -> Result<(), Error> {
        let offsets = [self.public.len(), self.private.len(), self.bitcode.len()];
        let constants = constants(function)?;
        group(&mut self.public, |tags| {
            if !function.constants.is_empty() {
                tag(tags, b"CNST", &constants);
            }
        });
        group(&mut self.private, |_| ());
        let module = wrap(&mut self.bitcode, function)?;
        let module = &self.bitcode[module];

        group(&mut self.list, |tags| {
            tag(tags, b"NAME", &zero_terminated(&function.name));
            tag(tags, b"TYPE", &[KERNEL]);
            tag(tags, b"HASH", &Sha256::digest(module));
            tag(tags, b"OFFT", &offsets.map(|offset| (offset as u64).to_le_bytes()).concat());
            tag(tags, b"VERS", &[system.air(), system.language()].map(version).concat());
            tag(tags, b"MDSZ", &(module.len() as u64).to_le_bytes());
        });
        Ok(())
    }

    fn assemble(self, system: System) -> Vec<u8> {
        let mut extension = Vec::new();
        tag(&mut extension, b"UUID", &self.uuid());
        extension.extend(b"ENDT");

        let list = HEADER_SIZE;
        let public = list + self.list.len() + extension.len();
        let private = public + self.public.len();
        let bitcode = private + self.private.len();
        let end = bitcode + self.bitcode.len();

        let mut file = Vec::with_capacity(end);
        file.extend(b"MTLB");
        file.extend([MACOS_LIBRARY, MINOR, revision(system)].map(u16::to_le_bytes).concat());
        file.extend([EXECUTABLE, MACOS]);
        file.extend(version(system.version()));
        file.extend((end as u64).to_le_bytes());
        // The size of the list leaves out the number of kernels, with which the list starts.
        for region in [list..public - extension.len() - 4, public..private, private..bitcode, bitcode..end] {
            file.extend([region.start, region.len()].map(|n| (n as u64).to_le_bytes()).concat());
        }
        for part in [self.list, extension, self.public, self.private, self.bitcode] {
            file.extend(part);
        }
        file
    }

    /// A UUID of the kind whose bits the program chooses: from names, hashes and constants, so that libraries are equal where
    /// their UUIDs are.
    fn uuid(&self) -> [u8; 16] {
        let digest = Sha256::new().chain_update(&self.list).chain_update(&self.public).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = bytes[6] & 0x0F | 0x80;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        bytes
    }
}

/// The format's major version, 1, and a bit that says the library is for macOS.
const MACOS_LIBRARY: u16 = 0x8001;
/// The format's minor version.
const MINOR: u16 = 2;
/// A library that pipelines are made from, rather than one that is linked.
const EXECUTABLE: u8 = 0;
/// The platform, 1, and a bit that says the library is for 64-bit systems.
const MACOS: u8 = 0x81;
/// A function that a compute pipeline is made of.
const KERNEL: u8 = 2;

/// The format's revision.
const fn revision(system: System) -> u16 {
    match system {
        System::MacOs13 | System::MacOs14 => 7,
        System::MacOs15 => 8,
        System::MacOs26 => 9,
    }
}

fn version(version: Version) -> [u8; 4] {
    let ([a, b], [c, d]) = (version.major.to_le_bytes(), version.minor.to_le_bytes());
    [a, b, c, d]
}

/// Tags between their common size, which counts itself, and the tag that ends them.
fn group(out: &mut Vec<u8>, tags: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    tags(out);
    out.extend(b"ENDT");
    let size = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&size.to_le_bytes());
}

/// What a tag holds is shorter than 64 KiB: names and constants are checked, everything else is small.
fn tag(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend(name);
    out.extend((data.len() as u16).to_le_bytes());
    out.extend(data);
}

fn zero_terminated(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}

/// What the tag `CNST` holds.
fn constants(function: &Function) -> Result<Vec<u8>, Error> {
    let mut data = (function.constants.len() as u16).to_le_bytes().to_vec();
    for Constant { name, index, dtype } in &function.constants {
        check_name(name)?;
        let index =
            u16::try_from(*index).map_err(|_| Error::Index { function: function.name.clone(), index: *index })?;
        data.extend(zero_terminated(name));
        data.push(data_type(*dtype));
        data.extend(index.to_le_bytes());
        data.push(1); // The kernel uses it.
    }
    match data.len() > usize::from(u16::MAX) {
        true => Err(Error::ManyConstants(function.name.clone())),
        false => Ok(data),
    }
}

/// Metal's number for a type: `MTLDataType` of its documentation.
const fn data_type(dtype: DType) -> u8 {
    match dtype {
        DType::F32 => 3,
        DType::F16 => 16,
        DType::I32 => 29,
        DType::U32 => 33,
        DType::I16 => 37,
        DType::U16 => 41,
        DType::I8 => 45,
        DType::U8 => 49,
        DType::Bool => 53,
        DType::I64 => 81,
        DType::U64 => 85,
        DType::BF16 => 121,
    }
}

/// Appends the module in the wrapper that LLVM puts around bitcode for Apple's systems, and zeros up to a multiple of 16
/// bytes. Returns where it is, zeros included.
fn wrap(out: &mut Vec<u8>, function: &Function) -> Result<Range<usize>, Error> {
    const MAGIC: u32 = 0x0B17_C0DE;
    const HEADER: u32 = 20;
    const ANY_PROCESSOR: u32 = u32::MAX;
    let too_large = |_| Error::LargeBitcode(function.name.clone());
    let size = u32::try_from(function.bitcode.len()).map_err(too_large)?;
    let start = out.len();
    for word in [MAGIC, 0, HEADER, size, ANY_PROCESSOR] {
        out.extend(word.to_le_bytes());
    }
    out.extend(&function.bitcode);
    out.resize(start + (out.len() - start).next_multiple_of(16), 0);
    Ok(start..out.len())
}

//! Reads a `.metallib` back, by the description in `docs/metallib.md` and not by the writer's code.
//!
//! It takes nothing on trust: every byte is either compared with what must stand there, or part of what is read. Regions may
//! stand in any order, but they fill the file, and none overlaps another.

use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

/// What a file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// The last number of the format's version.
    pub revision: u16,
    /// The system it is for: major, minor and patch.
    pub macos: (u16, u8, u8),
    pub uuid: [u8; 16],
    pub functions: Vec<Function>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    pub name: String,
    /// Major and minor.
    pub air: (u16, u16),
    pub language: (u16, u16),
    pub constants: Vec<Constant>,
    pub bitcode: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Constant {
    pub name: String,
    pub metal_type: &'static str,
    pub index: u16,
}

/// What is wrong, and at which byte of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed {
    pub at: usize,
    pub what: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.at, self.what)
    }
}

type Result<T> = std::result::Result<T, Malformed>;

fn wrong<T>(at: usize, what: impl Into<String>) -> Result<T> {
    Err(Malformed { at, what: what.into() })
}

/// Reads numbers off the file, up to an end that may come before the file's.
struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    fn new(file: &'a [u8], range: Range<usize>) -> Cursor<'a> {
        Cursor { file, at: range.start, end: range.end }
    }

    fn left(&self) -> usize {
        self.end - self.at
    }

    fn bytes(&mut self, count: usize, what: &str) -> Result<&'a [u8]> {
        if count > self.left() {
            return wrong(self.at, format!("{what} takes {count} bytes, {} are left", self.left()));
        }
        let bytes = &self.file[self.at..self.at + count];
        self.at += count;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        Ok(self.bytes(N, what)?.try_into().expect("as many as were asked for"))
    }

    fn u8(&mut self, what: &str) -> Result<u8> {
        Ok(self.array::<1>(what)?[0])
    }

    fn u16(&mut self, what: &str) -> Result<u16> {
        self.array(what).map(u16::from_le_bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    /// A 64-bit number that counts bytes of this file.
    fn size(&mut self, what: &str) -> Result<usize> {
        let at = self.at;
        let size = self.array(what).map(u64::from_le_bytes)?;
        match usize::try_from(size) {
            Ok(size) if size <= self.file.len() => Ok(size),
            _ => wrong(at, format!("{what} is {size}, the file has {} bytes", self.file.len())),
        }
    }

    /// A string up to its final zero.
    fn string(&mut self, what: &str) -> Result<String> {
        let at = self.at;
        let Some(length) = self.file[at..self.end].iter().position(|&byte| byte == 0) else {
            return wrong(at, format!("{what} has no final zero"));
        };
        let bytes = self.bytes(length, what)?;
        self.at += 1;
        match std::str::from_utf8(bytes) {
            Ok("") => wrong(at, format!("{what} is empty")),
            Ok(text) => Ok(text.to_owned()),
            Err(_) => wrong(at, format!("{what} is no UTF-8")),
        }
    }

    fn expect(&mut self, wanted: &[u8], what: &str) -> Result<()> {
        let at = self.at;
        let found = self.bytes(wanted.len(), what)?;
        if found == wanted { Ok(()) } else { wrong(at, format!("{what} is {found:02x?}, not {wanted:02x?}")) }
    }

    fn finished(&self, what: &str) -> Result<()> {
        match self.left() {
            0 => Ok(()),
            left => wrong(self.at, format!("{left} bytes too many in {what}")),
        }
    }
}

/// What the file says, or what is wrong with it.
pub fn read(file: &[u8]) -> Result<Library> {
    let header = header(file)?;
    let (list, after_list) = function_list(file, &header)?;
    let mut extension = Cursor::new(file, after_list..file.len());
    let uuid = header_extension(&mut extension)?;

    let used = |region: fn(&Entry) -> &Range<usize>| list.iter().map(region).cloned().collect::<Vec<_>>();
    fill(header.public.clone(), used(|entry| &entry.public), "the public metadata")?;
    fill(header.private.clone(), used(|entry| &entry.private), "the private metadata")?;
    fill(header.bitcode.clone(), used(|entry| &entry.bitcode), "the bitcode")?;
    let sections = [0..88, header.list.start..extension.at, header.public, header.private, header.bitcode];
    fill(0..file.len(), sections.to_vec(), "the file")?;

    let functions: Vec<Function> = list.into_iter().map(|entry| entry.function).collect();
    for (index, function) in functions.iter().enumerate() {
        if functions[..index].iter().any(|other| other.name == function.name) {
            return wrong(header.list.start, format!("two functions are called {}", function.name));
        }
        if (function.air, function.language) != versions(header.macos.0) {
            return wrong(header.list.start, format!("macOS {} has other versions than {function:?}", header.macos.0));
        }
    }
    Ok(Library { revision: header.revision, macos: header.macos, uuid, functions })
}

/// AIR and language of a release of macOS.
fn versions(macos: u16) -> ((u16, u16), (u16, u16)) {
    match macos {
        13 => ((2, 5), (3, 0)),
        14 => ((2, 6), (3, 1)),
        15 => ((2, 7), (3, 2)),
        _ => ((2, 8), (4, 0)),
    }
}

/// The regions, in any order, fill the whole without gap or overlap.
fn fill(whole: Range<usize>, mut regions: Vec<Range<usize>>, what: &str) -> Result<()> {
    regions.sort_by_key(|region| (region.start, region.end));
    let mut at = whole.start;
    for region in regions {
        if region.start < at {
            return wrong(region.start, format!("two parts of {what} overlap"));
        }
        if region.start > at {
            return wrong(at, format!("{} bytes of {what} belong to nothing", region.start - at));
        }
        at = region.end;
    }
    if at == whole.end { Ok(()) } else { wrong(at, format!("{what} ends at {}, its parts at {at}", whole.end)) }
}

struct Header {
    revision: u16,
    macos: (u16, u8, u8),
    list: Range<usize>,
    public: Range<usize>,
    private: Range<usize>,
    bitcode: Range<usize>,
}

fn header(file: &[u8]) -> Result<Header> {
    let mut cursor = Cursor::new(file, 0..file.len());
    cursor.expect(b"MTLB", "the magic")?;
    cursor.expect(&[1, 0x80], "the platform")?;
    cursor.expect(&[2, 0], "the format's version")?;
    let revision = cursor.u16("the format's revision")?;
    cursor.expect(&[0], "the library's type")?;
    cursor.expect(&[0x81], "the system")?;
    let macos = (cursor.u16("the system's version")?, cursor.u8("its minor")?, cursor.u8("its patch")?);
    if !matches!((macos.0, revision), (13 | 14, 7) | (15, 8) | (26, 9)) {
        return wrong(8, format!("revision {revision} is not of macOS {}", macos.0));
    }
    if file.len() != cursor.size("the file's size")? {
        return wrong(16, format!("the file has {} bytes, and says otherwise", file.len()));
    }
    let mut section = |name: &str| {
        let at = cursor.at;
        let start = cursor.size(&format!("the offset of {name}"))?;
        let size = cursor.size(&format!("the size of {name}"))?;
        match start + size <= file.len() {
            true => Ok(start..start + size),
            false => wrong(at, format!("{name} ends at {}, the file at {}", start + size, file.len())),
        }
    };
    Ok(Header {
        revision,
        macos,
        list: section("the function list")?,
        public: section("the public metadata")?,
        private: section("the private metadata")?,
        bitcode: section("the bitcode")?,
    })
}

/// What the list says of a function, and which parts of the file it takes.
struct Entry {
    function: Function,
    public: Range<usize>,
    private: Range<usize>,
    bitcode: Range<usize>,
}

/// The entries, and where the list ends. Its size in the header leaves out its count.
fn function_list(file: &[u8], header: &Header) -> Result<(Vec<Entry>, usize)> {
    let mut cursor = Cursor::new(file, header.list.start..file.len().min(header.list.end + 4));
    let count = cursor.u32("the number of functions")?;
    if count == 0 {
        return wrong(header.list.start, "there is no function");
    }
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(entry(file, header, tags(&mut cursor)?)?);
    }
    cursor.finished("the function list")?;
    Ok((entries, cursor.at))
}

/// A tag's name, and where what it holds is.
type Tag = ([u8; 4], Range<usize>);

/// The tags of a group, whose size counts itself.
fn tags(cursor: &mut Cursor) -> Result<Vec<Tag>> {
    let start = cursor.at;
    let size = cursor.u32("a group's size")? as usize;
    if size < 4 || size - 4 > cursor.left() {
        return wrong(start, format!("a group of {size} bytes where {} are left", cursor.left() + 4));
    }
    let mut group = Cursor::new(cursor.file, cursor.at..start + size);
    let tags = tags_to_end(&mut group)?;
    group.finished("a group")?;
    cursor.at = group.at;
    Ok(tags)
}

fn tags_to_end(cursor: &mut Cursor) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    loop {
        let name: [u8; 4] = cursor.array("a tag's name")?;
        if &name == b"ENDT" {
            return Ok(tags);
        }
        let size = usize::from(cursor.u16("a tag's size")?);
        let start = cursor.at;
        cursor.bytes(size, &format!("tag {}", name.escape_ascii()))?;
        tags.push((name, start..start + size));
    }
}

/// The tags are these, in this order.
fn in_order<const N: usize>(tags: &[Tag], names: [&[u8; 4]; N], at: usize) -> Result<[Range<usize>; N]> {
    let found: Vec<String> = tags.iter().map(|(name, _)| name.escape_ascii().to_string()).collect();
    let wanted = names.map(|name| name.escape_ascii().to_string());
    if found != wanted {
        return wrong(at, format!("the tags are {found:?}, not {wanted:?}"));
    }
    Ok(std::array::from_fn(|index| tags[index].1.clone()))
}

/// Reads one tag to its end.
fn whole<'a, T>(file: &'a [u8], range: Range<usize>, read: impl FnOnce(&mut Cursor<'a>) -> Result<T>) -> Result<T> {
    let mut cursor = Cursor::new(file, range);
    let value = read(&mut cursor)?;
    cursor.finished("a tag")?;
    Ok(value)
}

fn entry(file: &[u8], header: &Header, tags: Vec<Tag>) -> Result<Entry> {
    let at = tags.first().map_or(header.list.start, |(_, range)| range.start - 6);
    let [name, kind, hash, offsets, versions, size] =
        in_order(&tags, [b"NAME", b"TYPE", b"HASH", b"OFFT", b"VERS", b"MDSZ"], at)?;
    let name = whole(file, name, |tag| tag.string("a function's name"))?;
    whole(file, kind, |tag| tag.expect(&[2], "the function's type"))?;
    let offsets_at = offsets.start;
    let offsets = whole(file, offsets, |tag| Ok([tag.size("offset")?, tag.size("offset")?, tag.size("offset")?]))?;
    let [air, language] = whole(file, versions, |tag| {
        Ok([(tag.u16("AIR")?, tag.u16("AIR")?), (tag.u16("language")?, tag.u16("language")?)])
    })?;
    let size = whole(file, size, |tag| tag.size("the module's size"))?;

    let within = |section: &Range<usize>, offset: usize, what: &str| match offset <= section.len() {
        true => Ok(section.start + offset),
        false => wrong(offsets_at, format!("{what} at {offset} of {} bytes", section.len())),
    };
    let (public, constants) =
        metadata(file, within(&header.public, offsets[0], "public metadata")?..header.public.end, constants)?;
    let (private, ()) =
        metadata(file, within(&header.private, offsets[1], "private metadata")?..header.private.end, nothing)?;
    let start = within(&header.bitcode, offsets[2], "a module")?;
    if size > header.bitcode.end - start {
        return wrong(
            offsets_at,
            format!("a module of {size} bytes at {start}, and the section ends at {}", header.bitcode.end),
        );
    }
    let stated: [u8; 32] = whole(file, hash.clone(), |tag| tag.array("the hash"))?;
    if Sha256::digest(&file[start..start + size])[..] != stated {
        return wrong(hash.start, format!("the hash of {name} is another"));
    }
    let bitcode = module(file, start..start + size)?;
    Ok(Entry {
        function: Function { name, air, language, constants, bitcode },
        public,
        private,
        bitcode: start..start + size,
    })
}

/// A group of the metadata: where it is, and what it says.
fn metadata<T>(
    file: &[u8],
    range: Range<usize>,
    read: fn(&[u8], Vec<Tag>, usize) -> Result<T>,
) -> Result<(Range<usize>, T)> {
    let start = range.start;
    let mut cursor = Cursor::new(file, range);
    let value = read(file, tags(&mut cursor)?, start)?;
    Ok((start..cursor.at, value))
}

fn nothing(_: &[u8], tags: Vec<Tag>, at: usize) -> Result<()> {
    in_order(&tags, [], at).map(|[]| ())
}

fn constants(file: &[u8], tags: Vec<Tag>, at: usize) -> Result<Vec<Constant>> {
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    let [range] = in_order(&tags, [b"CNST"], at)?;
    whole(file, range, |tag| {
        let count = tag.u16("the number of constants")?;
        if count == 0 {
            return wrong(at, "a list of no constants");
        }
        (0..count).map(|_| constant(tag)).collect()
    })
}

fn constant(tag: &mut Cursor) -> Result<Constant> {
    let name = tag.string("a constant's name")?;
    let at = tag.at;
    let metal_type = match tag.u8("a constant's type")? {
        0x03 => "float",
        0x10 => "half",
        0x1D => "int",
        0x21 => "uint",
        0x25 => "short",
        0x29 => "ushort",
        0x2D => "char",
        0x31 => "uchar",
        0x35 => "bool",
        0x51 => "long",
        0x55 => "ulong",
        0x79 => "bfloat",
        other => return wrong(at, format!("a constant of type {other}")),
    };
    let index = tag.u16("a constant's index")?;
    tag.expect(&[1], "whether the constant is used")?;
    Ok(Constant { name, metal_type, index })
}

/// The bitcode within its wrapper.
fn module(file: &[u8], range: Range<usize>) -> Result<Vec<u8>> {
    if !range.len().is_multiple_of(16) {
        return wrong(range.start, format!("a module of {} bytes, which 16 does not divide", range.len()));
    }
    let mut cursor = Cursor::new(file, range);
    cursor.expect(&[0xDE, 0xC0, 0x17, 0x0B], "the wrapper's magic")?;
    cursor.expect(&[0; 4], "the wrapper's version")?;
    cursor.expect(&[20, 0, 0, 0], "where the bitcode starts")?;
    let size = cursor.u32("the bitcode's size")? as usize;
    cursor.expect(&[0xFF; 4], "the processor")?;
    let bitcode = cursor.bytes(size, "the bitcode")?;
    if !bitcode.starts_with(b"BC\xC0\xDE") {
        return wrong(cursor.at - size, "this is no bitcode");
    }
    let padding = cursor.bytes(cursor.left(), "the padding")?;
    match padding.len() < 16 && padding.iter().all(|&byte| byte == 0) {
        true => Ok(bitcode.to_vec()),
        false => wrong(cursor.at - padding.len(), format!("padding of {padding:02x?}")),
    }
}

/// What follows the function list: the UUID alone.
fn header_extension(cursor: &mut Cursor) -> Result<[u8; 16]> {
    let start = cursor.at;
    let tags = tags_to_end(cursor)?;
    let [uuid] = in_order(&tags, [b"UUID"], start)?;
    whole(cursor.file, uuid, |tag| tag.array("the UUID"))
}

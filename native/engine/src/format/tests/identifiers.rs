use super::assert_each;
use crate::format::Format;

#[test]
fn uuids_have_hyphens_and_hexadecimal_digits_in_place() {
    assert_each(
        Format::Uuid,
        true,
        &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "01234567-89ab-CDEF-abcd-ABCDEFabcdef"],
    );
    assert_each(
        Format::Uuid,
        false,
        &[
            "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}",
            "2eb8aa08aa9811eab4aa73b441d16380",
            "urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
            "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
            "2eb8aa08_aa98_11ea_b4aa_73b441d16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638G",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638/",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638:",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638@",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638`",
            "2eb8aa0-8aa98-11ea-b4aa-73b441d16380",
            "2eb8aa08-aa98-11ea-b4aa-73b441d163-0",
            "------------------------------------",
            "2eb8aa08-aa98-11ea-b4aa-73b441d1638é",
            "2eb8aa08-aa98-11ea-b4aa-73b441d163é",
            "éb8aa08-aa98-11ea-b4aa-73b441d16380",
        ],
    );
}

#[test]
fn json_pointers_escape_their_tildes() {
    assert_each(Format::JsonPointer, true, &["", "/", "//", "/a", "/~0", "/~1", "/~01", "/é\n", "/a/0/-", "/ ", "/\u{0}"]);
    assert_each(Format::JsonPointer, false, &["a", "#", "#/a", " /a", "~0", "/~", "/~2", "/~a", "/~~0", "/a/~", "/~/0", "/~０"]);
}

#[test]
fn relative_json_pointers_begin_with_an_integer() {
    assert_each(
        Format::RelativeJsonPointer,
        true,
        &["0", "1", "10", "0#", "10#", "0/", "0/a~0b", "99999999999999999999999/a", "0+1/a", "0-1#", "1+0", "2-10/~1"],
    );
    assert_each(
        Format::RelativeJsonPointer,
        false,
        &[
            "", "/", "/a", "#", "00", "01", "01/a", "a", "0a", "0##", "0#/a", "0/~", "-1", "+1", "0+", "0-/a", "0+01", "0+-1", "0+1+1",
            "1.5", "٣", "0 ", " 0", "0 /a",
        ],
    );
}

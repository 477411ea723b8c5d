mod addresses;
mod dates;
mod identifiers;
mod names;
mod properties;
mod suite;

use super::Format;

/// Asserts that each text is, or is not, of a format.
#[track_caller]
fn assert_each(format: Format, valid: bool, texts: &[&str]) {
    for text in texts {
        assert_eq!(format.is_valid(text), valid, "{} {text:?} should be {}", format.name(), if valid { "valid" } else { "invalid" });
    }
}

#[test]
fn every_name_leads_back_to_its_format() {
    for format in super::ALL {
        assert_eq!(Format::from_name(format.name()), Some(format));
    }
    for name in ["", "Date", "date ", "datetime", "color", "int32"] {
        assert_eq!(Format::from_name(name), None);
    }
}

#[test]
fn only_some_formats_have_the_empty_text() {
    for format in super::ALL {
        let has_empty =
            matches!(format, Format::UriReference | Format::IriReference | Format::UriTemplate | Format::JsonPointer | Format::Regex);
        assert_eq!(format.is_valid(""), has_empty, "{}", format.name());
    }
}

#[test]
fn a_line_end_is_never_passed_over() {
    let samples = [
        (Format::DateTime, "2024-02-29T12:00:00Z"),
        (Format::Date, "2024-02-29"),
        (Format::Time, "12:00:00Z"),
        (Format::Duration, "P1D"),
        (Format::Email, "a@b.example"),
        (Format::IdnEmail, "a@b.example"),
        (Format::Hostname, "b.example"),
        (Format::IdnHostname, "bücher.example"),
        (Format::Ipv4, "192.0.2.1"),
        (Format::Ipv6, "2001:db8::1"),
        (Format::Uri, "https://b.example/a"),
        (Format::UriReference, "a"),
        (Format::Iri, "https://b.example/ä"),
        (Format::IriReference, "ä"),
        (Format::UriTemplate, "/{a}"),
        (Format::Uuid, "2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
        (Format::RelativeJsonPointer, "0"),
    ];
    for (format, text) in samples {
        assert_each(format, true, &[text]);
        for end in ["\n", "\r\n", "\r", "\0", " "] {
            assert_each(format, false, &[&format!("{text}{end}"), &format!("{end}{text}")]);
        }
    }
}

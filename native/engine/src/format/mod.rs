//! The formats of JSON Schema 2020-12, asserted.
//!
//! Each format is a grammar written by hand over bytes, after the specification that JSON Schema names for it. The formats
//! that fill ordinary records (dates, addresses, identifiers) allocate nothing; only names with non-ASCII letters or A-labels do.

mod date_time;
mod duration;
mod email;
mod hostname;
mod idn;
mod idn_tables;
mod ip;
mod json_pointer;
mod punycode;
mod uri;
mod uri_template;
mod uuid;

#[cfg(test)]
mod tests;

/// A format that JSON Schema 2020-12 defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 3339 `date-time`.
    DateTime,
    /// RFC 3339 `full-date`.
    Date,
    /// RFC 3339 `full-time`.
    Time,
    /// RFC 3339 appendix A `duration`.
    Duration,
    /// RFC 5321 `Mailbox`.
    Email,
    /// RFC 6531 `Mailbox`.
    IdnEmail,
    /// RFC 1123 host name, its A-labels checked by RFC 5891.
    Hostname,
    /// RFC 1123 host name or RFC 5890 internationalized host name.
    IdnHostname,
    /// RFC 2673 `dotted-quad`.
    Ipv4,
    /// RFC 4291 textual address.
    Ipv6,
    /// RFC 3986 `URI`.
    Uri,
    /// RFC 3986 `URI-reference`.
    UriReference,
    /// RFC 3987 `IRI`.
    Iri,
    /// RFC 3987 `IRI-reference`.
    IriReference,
    /// RFC 6570 `URI-Template`.
    UriTemplate,
    /// RFC 4122 `UUID`.
    Uuid,
    /// RFC 6901 `json-pointer`.
    JsonPointer,
    /// draft-bhutton-relative-json-pointer-00 `relative-json-pointer`.
    RelativeJsonPointer,
    /// ECMA-262 `Pattern`.
    Regex,
}

/// Every format.
pub(crate) const ALL: [Format; 19] = [
    Format::DateTime,
    Format::Date,
    Format::Time,
    Format::Duration,
    Format::Email,
    Format::IdnEmail,
    Format::Hostname,
    Format::IdnHostname,
    Format::Ipv4,
    Format::Ipv6,
    Format::Uri,
    Format::UriReference,
    Format::Iri,
    Format::IriReference,
    Format::UriTemplate,
    Format::Uuid,
    Format::JsonPointer,
    Format::RelativeJsonPointer,
    Format::Regex,
];

impl Format {
    /// The format that a schema's `format` keyword names, or `None` when JSON Schema defines no such format.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        ALL.into_iter().find(|format| format.name() == name)
    }

    /// The name by which a schema's `format` keyword asks for this format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::DateTime => "date-time",
            Format::Date => "date",
            Format::Time => "time",
            Format::Duration => "duration",
            Format::Email => "email",
            Format::IdnEmail => "idn-email",
            Format::Hostname => "hostname",
            Format::IdnHostname => "idn-hostname",
            Format::Ipv4 => "ipv4",
            Format::Ipv6 => "ipv6",
            Format::Uri => "uri",
            Format::UriReference => "uri-reference",
            Format::Iri => "iri",
            Format::IriReference => "iri-reference",
            Format::UriTemplate => "uri-template",
            Format::Uuid => "uuid",
            Format::JsonPointer => "json-pointer",
            Format::RelativeJsonPointer => "relative-json-pointer",
            Format::Regex => "regex",
        }
    }

    /// Whether the whole of `bytes` is of this format, which no bytes are that are not UTF-8.
    #[inline]
    #[must_use]
    pub fn is_valid_bytes(self, bytes: &[u8]) -> bool {
        match self {
            // These have characters of ASCII alone, so that other bytes are refused on the way.
            Format::DateTime => date_time::is_date_time(bytes),
            Format::Date => date_time::is_date(bytes),
            Format::Time => date_time::is_time(bytes),
            Format::Email => email::is_email(bytes),
            Format::Ipv4 => ip::is_ipv4(bytes),
            Format::Uuid => uuid::is_uuid(bytes),
            _ => std::str::from_utf8(bytes).is_ok_and(|text| self.is_valid(text)),
        }
    }

    /// Whether the whole of `text` is of this format.
    #[must_use]
    pub fn is_valid(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Format::DateTime => date_time::is_date_time(bytes),
            Format::Date => date_time::is_date(bytes),
            Format::Time => date_time::is_time(bytes),
            Format::Duration => duration::is_duration(bytes),
            Format::Email => email::is_email(bytes),
            Format::IdnEmail => email::is_idn_email(text),
            Format::Hostname => hostname::is_hostname(text),
            Format::IdnHostname => hostname::is_idn_hostname(text),
            Format::Ipv4 => ip::is_ipv4(bytes),
            Format::Ipv6 => ip::is_ipv6(bytes),
            Format::Uri => uri::is_uri(text),
            Format::UriReference => uri::is_uri_reference(text),
            Format::Iri => uri::is_iri(text),
            Format::IriReference => uri::is_iri_reference(text),
            Format::UriTemplate => uri_template::is_uri_template(text),
            Format::Uuid => uuid::is_uuid(bytes),
            Format::JsonPointer => json_pointer::is_json_pointer(bytes),
            Format::RelativeJsonPointer => json_pointer::is_relative_json_pointer(bytes),
            Format::Regex => crate::pattern::is_ecma_regex(text),
        }
    }
}

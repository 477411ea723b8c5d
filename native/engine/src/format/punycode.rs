//! Punycode of RFC 3492, for single labels.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_CODE: u32 = 0x80;

/// The characters that `encoded` stands for, or `None` when it is not Punycode.
pub(super) fn decode(encoded: &[u8]) -> Option<Vec<char>> {
    let delimiter = encoded.iter().rposition(|&byte| byte == b'-');
    let (basic, extended) = match delimiter {
        Some(at) => (&encoded[..at], &encoded[at + 1..]),
        None => (&[][..], encoded),
    };
    let mut output: Vec<char> = basic.iter().map(|&byte| char::from(byte)).collect();
    let (mut code, mut bias, mut index) = (INITIAL_CODE, INITIAL_BIAS, 0u32);
    let mut digits = extended.iter();
    while !digits.as_slice().is_empty() {
        let index_before = index;
        let mut weight = 1u32;
        let mut position = BASE;
        loop {
            let digit = digit_value(*digits.next()?)?;
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(position, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            position += BASE;
        }
        let length = u32::try_from(output.len()).ok()? + 1;
        bias = adapt(index - index_before, length, index_before == 0);
        code = code.checked_add(index / length)?;
        index %= length;
        output.insert(index as usize, char::from_u32(code)?);
        index += 1;
    }
    Some(output)
}

/// The Punycode of a label, or `None` when the label is too long for its deltas to be counted.
pub(super) fn encode(label: &[char]) -> Option<Vec<u8>> {
    let mut output: Vec<u8> = label.iter().filter_map(|&character| u8::try_from(character).ok().filter(u8::is_ascii)).collect();
    let basic_count = output.len();
    if basic_count > 0 {
        output.push(b'-');
    }
    let (mut code, mut bias, mut delta) = (INITIAL_CODE, INITIAL_BIAS, 0u32);
    let mut handled = basic_count;
    while handled < label.len() {
        let next = label.iter().map(|&character| u32::from(character)).filter(|&candidate| candidate >= code).min()?;
        let length = u32::try_from(handled).ok()? + 1;
        delta = delta.checked_add((next - code).checked_mul(length)?)?;
        code = next;
        for character in label.iter().map(|&character| u32::from(character)) {
            if character < code {
                delta = delta.checked_add(1)?;
            } else if character == code {
                push_variable_length_integer(&mut output, delta, bias);
                let length = u32::try_from(handled).ok()? + 1;
                bias = adapt(delta, length, handled == basic_count);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(output)
}

fn push_variable_length_integer(output: &mut Vec<u8>, mut value: u32, bias: u32) {
    let mut position = BASE;
    loop {
        let threshold = threshold(position, bias);
        if value < threshold {
            break;
        }
        output.push(digit(threshold + (value - threshold) % (BASE - threshold)));
        value = (value - threshold) / (BASE - threshold);
        position += BASE;
    }
    output.push(digit(value));
}

fn threshold(position: u32, bias: u32) -> u32 {
    position.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapt(delta: u32, length: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / length;
    let mut position = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        position += BASE;
    }
    position + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn digit_value(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(BASE).map(|value| {
        // RFC 3492 puts the letters before the decimal digits.
        if value < 10 { value + 26 } else { value - 10 }
    })
}

fn digit(value: u32) -> u8 {
    b"abcdefghijklmnopqrstuvwxyz0123456789"[value as usize]
}

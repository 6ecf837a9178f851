//! Opaque paging markers: they name the operation, what it lists, and the last item given, so that
//! a marker of another list is refused.

use data_encoding::BASE64URL_NOPAD;

use super::{ApiError, ApiResult};

pub(crate) fn write(scope: &str, last: &str) -> String {
    BASE64URL_NOPAD.encode(format!("1\n{scope}\n{last}").as_bytes())
}

/// The last item of the page before; InvalidMarkerException if it is none of ours.
pub(crate) fn read(scope: &str, marker: &str) -> ApiResult<String> {
    let invalid = || ApiError::new("InvalidMarkerException", "Invalid marker.");
    let bytes = BASE64URL_NOPAD
        .decode(marker.as_bytes())
        .map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    text.strip_prefix("1\n")
        .and_then(|rest| rest.strip_prefix(scope))
        .and_then(|rest| rest.strip_prefix('\n'))
        .map(str::to_owned)
        .ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_bound_to_their_list() {
        let text = write("ListKeys", "abc");
        assert_eq!(read("ListKeys", &text).unwrap(), "abc");
        for bad in ["", "x", "AAAA", &write("ListAliases", "abc")] {
            assert_eq!(
                read("ListKeys", bad).unwrap_err().name,
                "InvalidMarkerException"
            );
        }
    }
}

//! Rows as comma-separated values (RFC 4180), the first row the names of the columns.

use super::words::clean;

/// The rows as one text; nothing in them that a terminal would obey.
pub fn render(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // A vector takes all that is written, and rows of one table are of one length.
        let _ = writer.write_record(row.iter().map(|cell| clean(cell).into_owned()));
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

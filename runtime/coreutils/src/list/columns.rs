//! Names in columns, sorted downwards, as many columns as a line has room for.

const GAP: usize = 2;

/// Writes `cells` in columns of at most `width` characters a line.
pub(super) fn write(cells: &[String], width: usize, out: &mut String) {
    let lengths: Vec<usize> = cells.iter().map(|cell| cell.chars().count()).collect();
    for columns in (1..=cells.len()).rev() {
        let rows = cells.len().div_ceil(columns);
        let widths: Vec<usize> =
            lengths.chunks(rows).map(|column| column.iter().max().copied().unwrap_or(0)).collect();
        let total: usize = widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
        // A line as long as the terminal is wide would wrap.
        if total >= width && columns > 1 {
            continue;
        }
        for row in 0..rows {
            for (column, width) in widths.iter().enumerate() {
                let at = column * rows + row;
                let Some(cell) = cells.get(at) else { continue };
                out.push_str(cell);
                if at + rows < cells.len() {
                    out.extend(std::iter::repeat_n(' ', width + GAP - lengths[at]));
                }
            }
            out.push('\n');
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cells: &[&str], width: usize, expect: &str) {
        let cells: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        let mut out = String::new();
        write(&cells, width, &mut out);
        assert_eq!(out, expect);
    }

    #[test]
    fn columns() {
        check(&[], 80, "");
        check(&["a", "bb", "c"], 80, "a  bb  c\n");
        check(&["a", "bb", "ccc", "d"], 9, "a   ccc\nbb  d\n");
        check(&["long-name", "other-name"], 5, "long-name\nother-name\n");
    }
}

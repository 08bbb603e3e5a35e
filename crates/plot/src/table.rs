//! The data of a figure as one long table: a figure is data first.

use crate::diagram::{Diagram, Hold, Kind};
use crate::error::PlotError;
use crate::figure::Content;
use crate::mark::{Mark, Row, Shape};
use crate::panel::Panel;
use crate::pictures::Pictures;

/// Columns of numbers, in order; a table has those that its marks use.
const NUMBERS: [&str; 16] = [
    "x",
    "y",
    "lower",
    "upper",
    "std_err",
    "from",
    "to",
    "value",
    "level",
    "x_end",
    "y_end",
    "semi_axis_1",
    "semi_axis_2",
    "angle",
    "picture_row",
    "picture_column",
];

/// One line of the table.
struct Record {
    panel: String,
    mark: &'static str,
    series: String,
    category: String,
    numbers: Row,
}

/// The table of everything in a figure.
pub(crate) fn csv(contents: &[Content]) -> Result<Vec<u8>, PlotError> {
    let records: Vec<Record> =
        contents.iter().enumerate().flat_map(|(i, content)| records(i, content)).collect();
    let used = |name: &&str| records.iter().any(|record| record.numbers.iter().any(|(n, _)| n == name));
    let columns: Vec<&str> = NUMBERS.into_iter().filter(used).collect();
    let categories = records.iter().any(|record| !record.category.is_empty());

    let mut writer = csv::Writer::from_writer(Vec::new());
    let refused = |error: csv::Error| PlotError::Drawing(format!("table: {error}"));
    let head = ["panel", "mark", "series"].into_iter().chain(categories.then_some("category"));
    writer.write_record(head.chain(columns.iter().copied())).map_err(refused)?;
    for record in &records {
        let names = [record.panel.as_str(), record.mark, record.series.as_str()].into_iter();
        let names = names.chain(categories.then_some(record.category.as_str())).map(str::to_owned);
        let number = |column: &&str| {
            let found = record.numbers.iter().find(|(name, _)| name == column);
            found.map_or_else(String::new, |(_, value)| value.to_string())
        };
        writer.write_record(names.chain(columns.iter().map(number))).map_err(refused)?;
    }
    writer.into_inner().map_err(|error| PlotError::Drawing(format!("table: {error}")))
}

fn records(index: usize, content: &Content) -> Vec<Record> {
    let name = content.called();
    let panel = if name.is_empty() { format!("panel {}", index + 1) } else { name.to_owned() };
    match content {
        Content::Panel(of) => of.marks.iter().flat_map(|mark| mark_records(&panel, of, mark)).collect(),
        Content::Pictures(pictures) => picture_records(&panel, pictures),
        Content::Diagram(diagram) => diagram_records(&panel, diagram),
    }
}

/// Nodes, arrows from place to place, and groups; the category names the nodes.
fn diagram_records(panel: &str, diagram: &Diagram) -> Vec<Record> {
    let record = |mark, label: &str, category: String, numbers| Record {
        panel: panel.to_owned(),
        mark,
        series: label.to_owned(),
        category,
        numbers,
    };
    let nodes = diagram.nodes.iter().map(|placed| {
        let kind = match placed.node.kind {
            Kind::Latent => "latent node",
            Kind::Observed => "observed node",
            Kind::Boxed => "boxed node",
            Kind::Text => "text node",
        };
        let (x, y) = placed.at;
        record(kind, placed.node.label.markup(), placed.name.clone(), vec![("x", x), ("y", y)])
    });
    let arrows = diagram.arrows.iter().map(|edge| {
        let [(x, y), (x_end, y_end)] =
            [&edge.from, &edge.to].map(|name| diagram.nodes[diagram.index(name)].at);
        let label = edge.arrow.label.as_ref().map_or("", |label| label.markup());
        let numbers = vec![("x", x), ("y", y), ("x_end", x_end), ("y_end", y_end)];
        record("arrow", label, format!("{} -> {}", edge.from, edge.to), numbers)
    });
    let groups = diagram.groups.iter().map(|group| {
        let kind = if matches!(group.hold, Hold::Band(_)) { "band" } else { "brace" };
        record(kind, group.label.markup(), group.nodes.join(" "), Vec::new())
    });
    nodes.chain(arrows).chain(groups).collect()
}

fn mark_records(panel: &str, of: &Panel, mark: &Mark) -> Vec<Record> {
    let name = match &mark.shape {
        Shape::Text { label, .. } => Some(label.markup()),
        _ => mark.style.called(),
    };
    let series = name.unwrap_or_default().to_owned();
    let category = |numbers: &Row| match (&mark.shape, &of.x.ticks) {
        (Shape::Bars(_), Some(ticks)) => {
            let here = ticks.iter().find(|(value, _)| numbers.contains(&("x", *value)));
            here.map_or_else(String::new, |(_, label)| label.markup().to_owned())
        }
        _ => String::new(),
    };
    let record = |numbers: Row| Record {
        panel: panel.to_owned(),
        mark: mark.shape.kind(),
        series: series.clone(),
        category: category(&numbers),
        numbers,
    };
    mark.shape.rows().into_iter().map(record).collect()
}

/// Pixels, `x` counted from the left and `y` from the top.
fn picture_records(panel: &str, pictures: &Pictures) -> Vec<Record> {
    let mut records = Vec::new();
    for (r, (label, row)) in pictures.rows.iter().enumerate() {
        for (c, picture) in row.iter().enumerate() {
            for (i, &value) in picture.values().iter().enumerate() {
                let (x, y) = (i % picture.columns(), i / picture.columns());
                records.push(Record {
                    panel: panel.to_owned(),
                    mark: "picture",
                    series: label.markup().to_owned(),
                    category: String::new(),
                    numbers: vec![
                        ("x", x as f64),
                        ("y", y as f64),
                        ("value", value),
                        ("picture_row", r as f64),
                        ("picture_column", c as f64),
                    ],
                });
            }
        }
    }
    records
}

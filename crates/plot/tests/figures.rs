//! Figures as their callers see them: what is written, what is refused.

use std::fs;
use std::path::PathBuf;

use plot::{
    Arrow, ColorScale, Diagram, Extent, Figure, Format, Node, Panel, Pictures, PlotError, Raster, Style,
    Theme, theme, write_whole,
};

/// A directory of this test's own, empty.
fn empty_dir(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn of(panel: Panel) -> Figure {
    let mut figure = Figure::new(80.0, 50.0);
    figure.panel(panel);
    figure
}

fn everything() -> Figure {
    let extent = Extent::square(2.0);
    let hill = Raster::sample(20, 20, extent, |x, y| (-x * x - y * y).exp());
    let mut figure = Figure::new(160.0, 100.0).columns(2).title("all marks");
    figure.panel(
        Panel::new("plane")
            .density(hill.clone(), extent, ColorScale::new(theme::DENSITY).bar("$p$"))
            .contours(hill.clone(), extent, [0.5], Style::guide())
            .points([[0.0, 0.0], [1.0, 1.0]], Style::series(0).label("points"))
            .ellipse((0.0, 0.0), (1.0, 0.5), 0.3, Style::series(1).fill(0.2).label("ellipse"))
            .arrow((0.0, 0.0), (1.0, -1.0), Style::series(2))
            .text((0.0, -1.0), r"$\bar{x}_t$", Style::series(3)),
    );
    figure.panel(
        Panel::new("line")
            .y_log()
            .line([(1.0, 1.0), (2.0, 100.0)], Style::series(0).dashed().label("line"))
            .band([(1.0, 1.0, 2.0), (2.0, 50.0, 150.0)], Style::series(1))
            .error_bars([(1.5, 10.0, 20.0)], Style::series(2))
            .horizontal(30.0, Style::guide().label("guide"))
            .vertical(1.2, Style::guide().label("guide")),
    );
    figure.panel(Panel::new("bars").categories(["a", "b"]).bars([1.0, 2.0], Style::series(0)));
    figure.panel(Pictures::new("pictures").row("hill", [hill]).column_labels(["one"]));
    figure
}

#[test]
fn the_same_data_give_the_same_bytes() -> Result<(), PlotError> {
    assert_eq!(everything().svg()?, everything().svg()?);
    assert_eq!(everything().png()?, everything().png()?);
    assert_eq!(everything().pdf()?, everything().pdf()?);
    assert_eq!(everything().csv()?, everything().csv()?);
    Ok(())
}

#[test]
fn text_is_written_as_outlines() -> Result<(), PlotError> {
    let svg = everything().svg()?;
    assert!(!svg.contains("<text") && !svg.contains("font-family"));
    Ok(())
}

#[test]
fn the_page_has_its_size() -> Result<(), PlotError> {
    let figure = of(Panel::new("").points([[0.0, 1.0]], Style::series(0))).dpi(254.0);
    let png = figure.png()?;
    let side = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    assert_eq!((side(16), side(20)), (800, 500));
    Ok(())
}

/// How often some bytes stand in a file.
fn count(file: &[u8], bytes: &str) -> usize {
    file.windows(bytes.len()).filter(|window| *window == bytes.as_bytes()).count()
}

/// The four numbers of a PDF's only `MediaBox`, pt.
fn media_box(pdf: &[u8]) -> Vec<f64> {
    let text = String::from_utf8_lossy(pdf);
    let (_, after) = text.split_once("/MediaBox[").expect("a page has a size");
    let (numbers, _) = after.split_once(']').expect("the list ends");
    numbers.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn a_pdf_is_vectors_on_a_page_of_the_figures_size_with_its_fonts_inside() -> Result<(), PlotError> {
    let mut figure = Figure::new(123.0, 45.6);
    let panel =
        Panel::new("a line").x_label("$x_t$").line([(0.0, 1.0), (1.0, 2.0)], Style::series(0).label("far"));
    figure.panel(panel);
    let pdf = figure.pdf()?;
    assert!(pdf.starts_with(b"%PDF-"));
    let page = [0.0, 0.0, 123.0 * 72.0 / 25.4, 45.6 * 72.0 / 25.4];
    assert!(media_box(&pdf).iter().zip(page).all(|(a, b)| (a - b).abs() < 1e-3), "{:?}", media_box(&pdf));
    // Roman and italic, each as a subset with its way back to letters.
    assert_eq!((count(&pdf, "/FontFile2"), count(&pdf, "/ToUnicode")), (2, 2));
    assert_eq!(count(&pdf, "+CMUSerif-Roman"), count(&pdf, "+CMUSerif-Italic"));
    assert!(pdf.len() < 40_000, "{} bytes: whole fonts?", pdf.len());
    assert_eq!(count(&pdf, "/Subtype/Image"), 0);
    assert_eq!(count(&pdf, "Date"), 0);
    Ok(())
}

#[test]
fn a_pdf_holds_pictures_without_loss() -> Result<(), PlotError> {
    let pdf = everything().pdf()?;
    // A density, its colour bar and a picture; nothing is compressed as JPEG.
    assert_eq!(count(&pdf, "/Subtype/Image"), 3);
    assert_eq!(count(&pdf, "DCTDecode"), 0);
    Ok(())
}

#[test]
fn formats_are_read_by_name() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        assert_eq!(format.to_string().to_uppercase().parse::<Format>().unwrap(), format);
    }
    let error = "jpeg".parse::<Format>().unwrap_err().to_string();
    assert_eq!(error, r#"there is no format "jpeg"; there are svg, pdf, png"#);
}

#[test]
fn a_theme_changes_the_paper_and_not_the_table() -> Result<(), PlotError> {
    let figures = Theme::ALL.map(|theme| everything().theme(theme));
    let [light, dark, print] = [figures[0].svg()?, figures[1].svg()?, figures[2].svg()?];
    assert_eq!(light, everything().svg()?);
    assert!(dark.contains("#1e1e1e") && !dark.contains("#ffffff"), "white is left on dark paper");
    let mut colors = print.match_indices('#').map(|(at, _)| &print[at + 1..(at + 7).min(print.len())]);
    let coloured = |code: &&str| code.bytes().all(|b| b.is_ascii_hexdigit()) && code[0..2] != code[2..4];
    assert_eq!(colors.find(coloured), None);
    assert!(figures.iter().all(|figure| figure.csv().unwrap() == everything().csv().unwrap()));
    Ok(())
}

#[test]
fn the_table_holds_what_is_drawn() -> Result<(), PlotError> {
    let mut figure = of(Panel::new("left")
        .line([(0.0, 1.5), (1.0, 2.5)], Style::series(0).label("$x_t$"))
        .band([(0.0, -1.0, 1.0)], Style::series(1)));
    figure.panel(Panel::new("").categories(["a", "b"]).bars([1.0, 2.0], Style::series(0).label("p")));
    let table = String::from_utf8(figure.csv()?).expect("text");
    let expected = "\
panel,mark,series,category,x,y,lower,upper,from,to
left,line,$x_t$,,0,1.5,,,,
left,line,$x_t$,,1,2.5,,,,
left,band,,,0,,-1,1,,
panel 2,bars,p,a,0,1,,,0,1
panel 2,bars,p,b,1,2,,,0,2
";
    assert_eq!(table, expected);
    Ok(())
}

#[test]
fn names_go_to_the_table_alone() -> Result<(), PlotError> {
    let panel = |style| Panel::new("twice").name("once").points([[0.0, 1.0]], style);
    let figure = of(panel(Style::series(0).name("cloud")));
    assert_eq!(figure.csv()?, b"panel,mark,series,x,y\nonce,points,cloud,0,1\n");
    assert_eq!(figure.svg()?, of(panel(Style::series(0))).svg()?);
    let nowhere: [(f64, f64); 0] = [];
    let error = of(Panel::new("").name("once").points(nowhere, Style::series(0).name("cloud"))).svg();
    let message = error.expect_err("must be refused").to_string();
    assert!(message.contains("\"once\"") && message.contains("\"cloud\""), "{message}");
    Ok(())
}

#[test]
fn bars_stack_up_and_down() -> Result<(), PlotError> {
    let panel = Panel::new("b").bars([1.0, -1.0], Style::series(0)).bars([2.0, -2.0], Style::series(1));
    let panel = panel.bars([-4.0, 4.0], Style::series(2));
    let table = String::from_utf8(of(panel).csv()?).expect("text");
    assert!(table.contains("b,bars,,0,2,1,3\n") && table.contains("b,bars,,1,-2,-1,-3\n"), "{table}");
    assert!(table.contains("b,bars,,0,-4,0,-4\n") && table.contains("b,bars,,1,4,0,4\n"), "{table}");
    Ok(())
}

#[test]
fn numbers_that_are_none_are_refused_by_name() {
    for bad in [f64::NAN, f64::INFINITY] {
        let panel = Panel::new("loss").line([(0.0, 1.0), (1.0, bad)], Style::series(0).label("train"));
        let message = of(panel).svg().expect_err("must be refused").to_string();
        assert!(
            message.contains("\"loss\"") && message.contains("\"train\"") && message.contains("row 1"),
            "{message}"
        );
    }
    let picture = Raster::new(1, 2, [0.0, f64::NAN]);
    let mut figure = Figure::new(80.0, 50.0);
    figure.panel(Pictures::new("moons").row("new", [picture]));
    assert!(matches!(figure.svg(), Err(PlotError::NotFinite { row: 1, .. })));
}

#[test]
fn a_logarithmic_axis_refuses_zero() {
    let panel = Panel::new("p").y_log().points([[1.0, 0.0]], Style::series(0));
    assert!(matches!(of(panel).svg(), Err(PlotError::NotPositive { quantity: "y", row: 0, .. })));
}

#[test]
fn nothing_to_draw_is_refused() {
    let nothing: [(f64, f64); 0] = [];
    assert!(matches!(
        of(Panel::new("p").line(nothing, Style::series(0))).svg(),
        Err(PlotError::Empty { .. })
    ));
    assert!(matches!(Figure::new(80.0, 50.0).svg(), Err(PlotError::Empty { .. })));
}

#[test]
fn limits_that_enclose_nothing_are_refused() {
    for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0)] {
        let panel = Panel::new("p").x_range(low, high).points([[0.0, 0.0]], Style::series(0));
        assert!(matches!(of(panel).svg(), Err(PlotError::Range { axis: "x", .. })));
    }
}

#[test]
fn a_page_without_room_is_refused() {
    let mut figure = Figure::new(12.0, 8.0);
    figure.panel(Panel::new("p").x_label("x").points([[0.0, 0.0]], Style::series(0)));
    assert!(matches!(figure.svg(), Err(PlotError::TooSmall { .. })));
}

#[test]
fn data_without_extent_and_far_beyond_the_limits_are_drawn() -> Result<(), PlotError> {
    let svg = of(Panel::new("p").points([[3.0, 3.0], [3.0, 3.0]], Style::series(0))).svg()?;
    assert!(!svg.contains("NaN"));
    let panel =
        Panel::new("p").x_range(0.0, 1.0).line([(-1e300, 0.0), (1e300, 1.0)], Style::series(0).label("far"));
    assert!(!of(panel).svg()?.contains("NaN"));
    Ok(())
}

#[test]
fn saving_makes_the_directory_and_leaves_only_the_files() -> Result<(), PlotError> {
    let dir = empty_dir("saving").join("deeper");
    let paths =
        of(Panel::new("p").points([[0.0, 0.0]], Style::series(0))).save(&dir, "figure", &Format::ALL)?;
    let mut found: Vec<PathBuf> = fs::read_dir(&dir).expect("is there").flatten().map(|e| e.path()).collect();
    found.sort();
    let mut expected = paths.clone();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(paths, ["csv", "svg", "pdf", "png"].map(|extension| dir.join(format!("figure.{extension}"))));
    assert!(fs::read(&paths[3]).expect("readable").starts_with(b"\x89PNG"));
    Ok(())
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let dir = empty_dir("blocked");
    fs::create_dir_all(&dir).expect("makes");
    let file = dir.join("a file, not a directory");
    fs::write(&file, "").expect("writes");
    let figure = of(Panel::new("p").points([[0.0, 0.0]], Style::series(0)));
    let error = figure.save(file.join("below"), "figure", &[Format::Svg]).expect_err("cannot be");
    assert!(error.to_string().contains("a file, not a directory"), "{error}");
    // A directory stands where the table should go: the rest of the attempt is cleared away.
    fs::create_dir_all(dir.join("figure.csv/full")).expect("makes");
    let error = figure.save(&dir, "figure", &[]).expect_err("cannot be");
    assert!(matches!(&error, PlotError::Write { path, .. } if path.ends_with("figure.csv")), "{error}");
    let left = fs::read_dir(&dir)
        .expect("is there")
        .flatten()
        .filter(|e| e.path().to_string_lossy().contains(".part"));
    assert_eq!(left.count(), 0);
}

fn vae() -> Diagram {
    Diagram::new("vae")
        .node("x", (0.0, 0.0), Node::observed("$x$"))
        .node("z", (2.0, 0.5), Node::latent("$z$").color(theme::GREEN))
        .arrow("x", "z", Arrow::new().bend(30.0).color(theme::BLUE).label("$q(z|x)$"))
        .arrow("z", "x", Arrow::new().bend(30.0).color(theme::VERMILLION).dashed().label("$p(x|z)$"))
        .band(["z"], "latent", theme::GREEN)
        .brace_below(["x", "z"], "joint")
}

fn figure_of(diagram: Diagram) -> Figure {
    let mut figure = Figure::new(90.0, 60.0);
    figure.panel(diagram);
    figure
}

#[test]
fn the_table_of_a_diagram_has_a_row_for_every_part() -> Result<(), PlotError> {
    let table = String::from_utf8(figure_of(vae()).csv()?).expect("text");
    let expected = "\
panel,mark,series,category,x,y,x_end,y_end
vae,observed node,$x$,x,0,0,,
vae,latent node,$z$,z,2,0.5,,
vae,arrow,$q(z|x)$,x -> z,0,0,2,0.5
vae,arrow,$p(x|z)$,z -> x,2,0.5,0,0
vae,band,latent,z,,,,
vae,brace,joint,x z,,,,
";
    assert_eq!(table, expected);
    assert_eq!(figure_of(vae()).svg()?, figure_of(vae()).svg()?);
    Ok(())
}

#[test]
fn a_diagram_that_cannot_be_drawn_is_refused_by_name() {
    let refused = |diagram: Diagram| figure_of(diagram).svg().expect_err("must be refused").to_string();
    let message = refused(vae().arrow("x", "y", Arrow::new()));
    assert_eq!(message, r#"diagram "vae": there is no node "y""#);
    let message = refused(vae().node("x", (3.0, 0.0), Node::text("again")));
    assert_eq!(message, r#"diagram "vae": there are two nodes "x""#);
    let message = refused(vae().arrow("x", "x", Arrow::new()));
    assert_eq!(message, r#"diagram "vae": an arrow leads from node "x" to itself"#);
    let message = refused(vae().node("w", (f64::NAN, 0.0), Node::text("")));
    assert!(message.contains(r#"node "w""#) && message.contains("NaN"), "{message}");
    assert!(matches!(figure_of(Diagram::new("")).svg(), Err(PlotError::Empty { .. })));
    let same_place = vae().node("w", (0.0, 0.0), Node::text("$w$"));
    assert!(matches!(figure_of(same_place).svg(), Err(PlotError::TooSmall { .. })));
}

#[test]
fn a_file_that_cannot_be_written_leaves_nothing_behind() {
    let dir = empty_dir("too long a name");
    let path = dir.join("n".repeat(300));
    let error = write_whole(&path, b"data").expect_err("no file system takes such a name");
    assert!(error.to_string().starts_with(&format!("cannot write {}: ", path.display())), "{error}");
    assert_eq!(fs::read_dir(&dir).expect("is there").count(), 0);
}

#[cfg(unix)]
#[test]
fn what_is_not_a_file_is_not_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    // The path of a socket must be short.
    let path = std::env::temp_dir().join(format!("plot-{}.socket", std::process::id()));
    let _socket = std::os::unix::net::UnixListener::bind(&path).expect("makes a socket");
    let error = write_whole(&path, b"data").expect_err("a socket is no file");
    let stays = fs::metadata(&path).expect("is there").file_type().is_socket();
    let _ = fs::remove_file(&path);
    assert!(stays);
    assert!(error.to_string().contains("not a file"), "{error}");
}

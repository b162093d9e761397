//! What tells verdicts apart can be seen: by who sees colours, by who does not see all of them, and on any ground.

use anyhow::Result;
use lavafed_tests::browser::Browser;
use palette::color_difference::{EuclideanDistance as _, Wcag21RelativeContrast as _};
use palette::{IntoColor as _, Lab, LinSrgb, Srgb};

use crate::site::Site;

/// Classes of cells, filled ones first.
const FILLED: [&str; 6] = [
    "v-pass",
    "v-fail",
    "v-still",
    "v-flaky",
    "v-infra",
    "v-running",
];
const FAINT: [&str; 5] = ["v-part", "v-planned", "v-na", "v-cpass", "v-cfail"];
/// Of the page: what is written on its ground.
const WRITTEN: [&str; 7] = [
    "--text",
    "--text-2",
    "--text-3",
    "--accent",
    "--fail-ink",
    "--pass-ink",
    "--flaky-ink",
];

/// WCAG 2.2, 1.4.3: text; and 1.4.11: the edge of a control.
const TEXT: f32 = 4.5;
const EDGE: f32 = 3.0;

/// CIE76, which the picture of the look was measured with: 2.3 is just noticed.
const PASS_AND_FAIL: f32 = 51.0;
const ANY_TWO: f32 = 14.0;

/// How colours are seen: Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
const SEEN: [(&str, [[f32; 3]; 3]); 3] = [
    ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
];

/// The ground and what is on it, as the browser paints them.
type Painted = ([u8; 3], [u8; 3]);

/// The pixels of a colour over the page's ground; `arguments[0]` are classes of cells, `arguments[1]` are properties.
const PAINTED: &str = "
    const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const { backgroundColor } = getComputedStyle(document.body);
    const painted = (...colours) => {
        for (const colour of [backgroundColor, ...colours]) {
            brush.fillStyle = colour;
            brush.fillRect(0, 0, 1, 1);
        }
        return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const probe = document.body.appendChild(document.createElement('span'));
    const told = arguments[0].map((name) => {
        probe.className = `sw ${name}`;
        const { backgroundColor, color } = getComputedStyle(probe);
        return [painted(backgroundColor), painted(backgroundColor, color)];
    }).concat(arguments[1].map((name) => {
        probe.className = '';
        probe.style.color = `var(${name})`;
        return [painted(), painted(getComputedStyle(probe).color)];
    }));
    probe.remove();
    return told";

fn seen([red, green, blue]: [u8; 3], eyes: &[[f32; 3]; 3]) -> Lab {
    let light: LinSrgb = Srgb::new(red, green, blue).into_linear();
    let mixed = eyes.map(|row| {
        let [red, green, blue] = row;
        (red * light.red + green * light.green + blue * light.blue).clamp(0.0, 1.0)
    });
    LinSrgb::from(mixed).into_color()
}

fn contrast((ground, ink): Painted) -> f32 {
    let light = |[red, green, blue]: [u8; 3]| Srgb::new(red, green, blue).into_format::<f32>();
    light(ground).relative_contrast(light(ink))
}

async fn painted(browser: &Browser, classes: &[&str], names: &[&str]) -> Result<Vec<Painted>> {
    let arguments = [serde_json::json!(classes), serde_json::json!(names)];
    let told = browser.until("colours are painted", PAINTED, &arguments);
    Ok(serde_json::from_value(told.await?)?)
}

#[test]
fn verdicts_are_told_apart_by_all_eyes() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await?;
            browser.open(&site.url("/")).await?;
            browser.until_says("Live").await?;
            let cells = painted(browser, &FILLED, &[]).await?;
            let mut close = Vec::new();
            for (eyes, matrix) in &SEEN {
                for (nth, (one, (ground, _))) in FILLED.iter().zip(&cells).enumerate() {
                    for (other, (beside, _)) in FILLED.iter().zip(&cells).skip(nth + 1) {
                        let apart = seen(*ground, matrix).distance(seen(*beside, matrix));
                        let needed = match (*one, *other) {
                            ("v-pass", "v-fail") => PASS_AND_FAIL,
                            _ => ANY_TWO,
                        };
                        if apart < needed {
                            close.push(format!("{scheme}, {eyes}: {one} and {other} are {apart:.1} apart, not {needed}"));
                        }
                    }
                }
            }
            assert!(close.is_empty(), "{close:#?}");
        }
        Ok(())
    })
}

#[test]
fn what_is_written_can_be_read() -> Result<()> {
    crate::tell(async |site: &mut Site, browser: &Browser| {
        let classes: Vec<&str> = FILLED.into_iter().chain(FAINT).collect();
        for scheme in ["light", "dark"] {
            browser.prefer(scheme).await?;
            browser.open(&site.url("/")).await?;
            browser.until_says("Live").await?;
            let read = painted(browser, &classes, &WRITTEN).await?;
            for (name, pair) in classes.iter().chain(&WRITTEN).zip(read) {
                let contrast = contrast(pair);
                assert!(contrast >= TEXT, "{scheme}: {name} has {contrast:.2}");
            }
            for pair in painted(browser, &[], &["--control"]).await? {
                let contrast = contrast(pair);
                assert!(
                    contrast >= EDGE,
                    "{scheme}: a control's edge has {contrast:.2}"
                );
            }
        }
        Ok(())
    })
}

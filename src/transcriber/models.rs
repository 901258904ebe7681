//! Where the speech model is looked for. A model that was named is the one to use: if it is missing that is said,
//! and no other is taken in its stead.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

const PACKAGED: &str = "/usr/share/minsheng/models";
const BESIDE_CHECKOUT: &str = "../shared/data/speech";
/// The one that the package ships; after it whatever the county put there, in order of name.
const SHIPPED: &str = "ggml-base-q5_1.bin";

#[derive(Clone, Debug, Default)]
pub struct ModelPlaces {
    /// `--speech-model`, `--model` or `[speech] model`; empty means not named.
    pub named: Option<PathBuf>,
    /// `$MINSHENG_SPEECH_MODEL`
    pub environment: Option<OsString>,
    pub folders: Vec<PathBuf>,
}

impl ModelPlaces {
    pub fn new(named: Option<PathBuf>) -> Self {
        let mut folders = vec![PathBuf::from(PACKAGED), PathBuf::from(BESIDE_CHECKOUT)];
        folders.extend(
            std::env::current_exe()
                .ok()
                .iter()
                .filter_map(|program| beside_checkout_of(program)),
        );
        Self {
            named,
            environment: std::env::var_os("MINSHENG_SPEECH_MODEL"),
            folders,
        }
    }
}

/// A program built in a checkout is `target/release/minsheng` in it.
fn beside_checkout_of(program: &Path) -> Option<PathBuf> {
    let target = program
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "target"))?;
    Some(target.parent()?.join(BESIDE_CHECKOUT))
}

/// The model to load, or why there is none.
pub fn find_model(places: &ModelPlaces) -> Result<PathBuf, String> {
    let environment = places.environment.clone().map(PathBuf::from);
    let named = [places.named.clone(), environment]
        .into_iter()
        .flatten()
        .find(|path| !path.as_os_str().is_empty());
    match named {
        Some(path) if path.is_file() => Ok(path),
        Some(path) => Err(format!("{} does not exist", path.display())),
        None => places
            .folders
            .iter()
            .find_map(|folder| best_in(folder))
            .ok_or_else(|| {
                let folders: Vec<String> = places
                    .folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect();
                format!("none is configured and none lies in {}", folders.join(", "))
            }),
    }
}

fn best_in(folder: &Path) -> Option<PathBuf> {
    let mut models: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_model_name(path) && path.is_file())
        .collect();
    models.sort_by_key(|path| (path.file_name().is_none_or(|name| name != SHIPPED), path.clone()));
    models.into_iter().next()
}

fn is_model_name(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    name.starts_with("ggml-") && name.ends_with(".bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            std::fs::write(folder.path().join(name), b"").expect("written");
        }
        folder
    }

    #[test]
    fn the_order_is_named_then_environment_then_folders() {
        let folder = folder_with(&["ggml-a.bin", SHIPPED, "readme.txt", "own.bin"]);
        let mut places = ModelPlaces {
            folders: vec!["/nonexistent".into(), folder.path().into()],
            ..Default::default()
        };
        assert_eq!(find_model(&places), Ok(folder.path().join(SHIPPED)));
        places.environment = Some(folder.path().join("ggml-a.bin").into());
        assert_eq!(find_model(&places), Ok(folder.path().join("ggml-a.bin")));
        places.named = Some(folder.path().join("own.bin"));
        assert_eq!(find_model(&places), Ok(folder.path().join("own.bin")));
        places.named = Some(PathBuf::new());
        assert_eq!(
            find_model(&places),
            Ok(folder.path().join("ggml-a.bin")),
            "an empty name names nothing"
        );
    }

    #[test]
    fn a_named_model_that_is_missing_is_not_replaced() {
        let folder = folder_with(&[SHIPPED]);
        let named = Some(folder.path().join("missing.bin"));
        let places = ModelPlaces {
            named,
            folders: vec![folder.path().into()],
            ..Default::default()
        };
        assert!(find_model(&places).expect_err("no model").contains("missing.bin"));
    }

    #[test]
    fn without_any_model_the_reason_names_the_places() {
        let places = ModelPlaces {
            folders: vec!["/nonexistent/models".into()],
            ..Default::default()
        };
        assert!(
            find_model(&places)
                .expect_err("no model")
                .contains("/nonexistent/models")
        );
    }

    #[test]
    fn a_program_in_a_checkout_looks_beside_it() {
        let found = beside_checkout_of(Path::new("/src/minsheng/target/release/minsheng"));
        assert_eq!(found, Some(PathBuf::from("/src/minsheng/../shared/data/speech")));
        assert_eq!(beside_checkout_of(Path::new("/usr/bin/minsheng")), None);
    }
}

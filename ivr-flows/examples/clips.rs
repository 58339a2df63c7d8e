//! Prints every sound file that must exist, one a line: language, name, text, with tabs between.
//! `prompts/make.sh` makes the files from it.

fn main() {
    let source = include_str!("../prompts/prompts.toml");
    match ivr_flows::Catalogue::parse("prompts.toml", source) {
        Ok(catalogue) => {
            for clip in catalogue.all_clips() {
                println!("{}\t{}\t{}", clip.language, clip.clip, clip.text.replace('\n', " "));
            }
        }
        Err(faults) => {
            for fault in faults {
                eprintln!("{fault}");
            }
            std::process::exit(1);
        }
    }
}

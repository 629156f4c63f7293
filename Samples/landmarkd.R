# landmarkd from R: a video's table as a data frame. Base R alone; the command landmarkd must be
# installed (docs/use/install.md).
#
#   source("landmarkd.R")
#   rows <- landmarkd("interview.mp4", faces = 2, smooth = TRUE, columns = c("pose", "landmarks"))
#   believed <- subset(rows, success == 1)
#   plot(believed$timestamp, believed$pose_Ry, type = "l")

# A row a frame and face, with the columns of the command's CSV (docs/use/columns.md); NA where a cell
# is empty.
#
# input    a video, a folder or a pattern of images, or an address
# ...      options of `landmarkd track`, with `_` for `-`: TRUE for one without a value, a vector for
#          several values. NULL and FALSE leave an option out. A live source needs `duration`.
# program  the command
#
# Stops with what the command said if it fails. Warns if the input ended before what it promised.
landmarkd <- function(input, ..., program = Sys.getenv("LANDMARKD", "landmarkd")) {
  options <- list(...)
  stopifnot(
    "input names one file or address" = is.character(input) && length(input) == 1,
    "options need names" = length(options) == 0 || all(nzchar(names(options)) & !is.na(names(options))),
    "options need names" = length(options) == 0 || !is.null(names(options)))
  taken <- intersect(names(options), c("output", "o", "out_dir", "overlay_dir", "quiet", "q", "jobs"))
  if (length(taken) > 0) stop("the option ", taken[1], " is the command's alone: rows are given, not written")
  if (!nzchar(Sys.which(program))) {
    stop("there is no command ", program, "; install landmarkd, or name it with program =")
  }
  words <- unlist(lapply(names(options), function(name) {
    value <- options[[name]]
    option <- paste0("--", gsub("_", "-", name, fixed = TRUE))
    if (is.null(value) || identical(value, FALSE)) return(character())
    if (identical(value, TRUE)) return(option)
    # 15 digits: 100000 stays as it is.
    paste0(option, "=", paste(format(value, digits = 15, trim = TRUE, scientific = FALSE), collapse = ","))
  }))
  table <- tempfile("landmarkd-", fileext = ".csv")
  said <- tempfile("landmarkd-", fileext = ".txt")
  on.exit(unlink(c(table, said)))
  arguments <- c("track", "--quiet", "--output", "-", words, "--", path.expand(input))
  status <- system2(program, shQuote(arguments), stdout = table, stderr = said)
  message <- paste(readLines(said, warn = FALSE), collapse = "\n")
  if (status == 2 && !isTRUE(options$strict)) {
    warning(message, call. = FALSE)
  } else if (status != 0) {
    stop(if (nzchar(message)) message else paste("landmarkd ended with status", status), call. = FALSE)
  }
  read.csv(table, check.names = FALSE, na.strings = "", stringsAsFactors = FALSE)
}

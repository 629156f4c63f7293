// The live page's files, part of the program (docs/use/serve.md). Texts are UTF-8, end with a zero
// and are there as long as the program runs.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// page.html, with {{marks}} where the service puts the other two and its values.
const unsigned char *landmarkd_page_document(void);

/// style.css.
const unsigned char *landmarkd_page_style(void);

/// drawing.js, card.js and page.js.
const unsigned char *landmarkd_page_script(void);

#ifdef __cplusplus
}
#endif

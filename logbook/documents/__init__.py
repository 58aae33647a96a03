"""A toolkit that knows no feature: plain values in, papers and workbooks out."""

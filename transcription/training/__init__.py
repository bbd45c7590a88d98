"""The demo model is made here: ``python -m transcription.training`` goes from text to a directory in Vosk's format.

In: a grammar of sentences (``texts/``), a pronouncing dictionary, the speech synthesisers of this machine. Out: a model
directory with a model card that states what was measured. No recording of a person is used.

Each step is a module: ``sentences`` (grammar → texts), ``lexicon`` (dictionary → phones), ``phones`` (HMM numbering),
``corpus`` (what is said by whom), ``voices`` (text → sound), ``augment`` and ``features`` (sound → MFCC), ``align``
(which frame is which phone), ``network`` (TDNN) and ``disturb`` (what it sees, never twice alike), ``kaldi`` (nnet3
files), ``ngrams`` and ``graph`` (Gr, HCLr, and the HCLG that is made when a model is loaded) and ``openfst`` (their
files), ``assess`` (WER), ``modelcard``; ``stages`` runs them in order and remembers what is done. It needs the extra
``callfloor[training]``; adding words to a model (``words``), teaching it a content pack (``talk``, ``language``) and
loading one do not, but for the dictionary that pocketsphinx carries.
"""
